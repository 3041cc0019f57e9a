#!/usr/bin/env bash
# Write the report as one comment on a pull request, and renew that comment on the next run. Jobs of
# other names, environments or paths have comments of their own. Without a report the comment says
# so: what it said of an earlier commit holds no longer.
set -euo pipefail

report=${LICHEN_REPORTS:-lichen-report}/lichen.md
job=$(printf '%s\0' "${GITHUB_WORKFLOW:-}" "$GITHUB_JOB" "${LICHEN_ENVIRONMENT:-}" \
  "${LICHEN_PATHS:-.}" | cksum)
mark="<!-- lichen job $job -->"
comments="repos/$GITHUB_REPOSITORY/issues/$LICHEN_PULL_REQUEST/comments"

body() {
  echo "$mark"
  if [[ -f $report ]]; then
    cat "$report"
  else
    printf '%s\n' '### Lichen: nothing was judged' '' \
      "❌ The check left no report. The job's log says why."
  fi
  printf '\nJob %s%s.\n' "$GITHUB_JOB" "${LICHEN_ENVIRONMENT:+, environment $LICHEN_ENVIRONMENT}"
}

export mark
id=$(gh api --paginate "$comments" \
  --jq '.[] | select(.body | startswith(env.mark)) | .id' | head -n 1)
if [[ -n $id ]]; then
  body | gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F body=@-
else
  body | gh api --silent --method POST "$comments" -F body=@-
fi
