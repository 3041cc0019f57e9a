#!/usr/bin/env bash
# Write each suggestion as a comment of a review on a pull request, once. One that GitHub refuses,
# since the pull request does not touch its lines, is left out: the report has it.
set -euo pipefail

suggestions=${LICHEN_REPORTS:-lichen-report}/lichen-suggestions.jsonl
if [[ ! -s $suggestions ]]; then exit 0; fi
pull="repos/$GITHUB_REPOSITORY/pulls/$LICHEN_PULL_REQUEST"
# What the check said decides the job, not whether it may be written here.
there=$(gh api --paginate "$pull/comments" --jq '.[].body | split("\n")[0]') || {
  echo "::warning title=Lichen::GitHub takes no suggestion. The token needs pull-requests write."
  exit 0
}
while IFS= read -r review; do
  mark=$(sed -n 's/.*\(<!-- lichen suggestion [0-9a-f]* -->\).*/\1/p' <<<"$review")
  if grep -qF -- "$mark" <<<"$there"; then continue; fi
  gh api --silent --method POST "$pull/reviews" --input - <<<"$review" ||
    echo "GitHub took no suggestion there: the pull request does not touch the lines, or the" \
      "token may not write." >&2
done <"$suggestions"
