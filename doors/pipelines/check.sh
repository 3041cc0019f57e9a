#!/usr/bin/env bash
# Judge what LICHEN_PATHS names, one path a line, and leave the reports in LICHEN_REPORTS. Ends as
# `lichen check` ends. On GitHub it also writes the job's summary and the step's outputs.
set -euo pipefail

reports=${LICHEN_REPORTS:-lichen-report}
mkdir -p "$reports"
# An earlier run's, which a later step would take for this one's; its JSON may be the baseline.
rm -f "$reports"/lichen.{sarif,md,xml,html} "$reports"/lichen-{code-quality.json,suggestions.jsonl}

paths=()
while IFS= read -r path; do
  if [[ -n ${path//[[:space:]]/} ]]; then paths+=("$path"); fi
done <<<"${LICHEN_PATHS:-.}"

options=()
if [[ -n ${LICHEN_BASELINE:-} ]]; then options+=(--baseline "$LICHEN_BASELINE"); fi
# An input that is left out is an empty variable, which would count as a value.
for name in LICHEN_ENVIRONMENT LICHEN_REGION LICHEN_PARAMETERS LICHEN_CONFIG; do
  if [[ -z ${!name:-} ]]; then unset "$name"; fi
done

code=0
lichen check "${options[@]}" \
  --report "json=$reports/lichen.json" \
  --report "sarif=$reports/lichen.sarif" \
  --report "markdown=$reports/lichen.md" \
  --report "junit=$reports/lichen.xml" \
  --report "code-quality=$reports/lichen-code-quality.json" \
  --report "html=$reports/lichen.html" \
  --report "suggestions=$reports/lichen-suggestions.jsonl" \
  -- "${paths[@]}" || code=$?

if [[ -n ${GITHUB_STEP_SUMMARY:-} && -f $reports/lichen.md ]]; then
  cat "$reports/lichen.md" >>"$GITHUB_STEP_SUMMARY"
fi
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  echo "exit-code=$code" >>"$GITHUB_OUTPUT"
  # A step that uploads a report that is not there would fail in place of this one.
  if [[ -f $reports/lichen.sarif ]]; then
    printf '%s\n' "sarif=$reports/lichen.sarif" "json=$reports/lichen.json" >>"$GITHUB_OUTPUT"
  fi
fi
exit "$code"
