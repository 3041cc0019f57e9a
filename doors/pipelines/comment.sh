#!/usr/bin/env bash
# Write the report as one comment on a pull request, and renew that comment on the next run.
set -euo pipefail

report=${LICHEN_REPORTS:-lichen-report}/lichen.md
if [[ ! -f $report ]]; then
  echo "There is no report to comment: $report" >&2
  exit 0
fi
mark=$(head -n 1 "$report")
comments="repos/$GITHUB_REPOSITORY/issues/$LICHEN_PULL_REQUEST/comments"
export mark
id=$(gh api --paginate "$comments" \
  --jq '.[] | select(.body | startswith(env.mark)) | .id' | head -n 1)
if [[ -n $id ]]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$report"
else
  gh api --silent --method POST "$comments" -F "body=@$report"
fi
