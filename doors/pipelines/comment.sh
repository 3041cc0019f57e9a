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

# What the check said decides the job, not whether it may be written here.
refused() {
  echo "::warning title=Lichen::GitHub takes no comment. The token needs pull-requests write, which" \
    "it does not have where the pull request comes from a fork."
  exit 0
}

export mark
ids=$(gh api --paginate "$comments" --jq '.[] | select(.body | startswith(env.mark)) | .id') ||
  refused
method=POST to=$comments
if [[ -n $ids ]]; then
  method=PATCH to=repos/$GITHUB_REPOSITORY/issues/comments/${ids%%$'\n'*}
fi
body | gh api --silent --method "$method" "$to" -F body=@- || refused
