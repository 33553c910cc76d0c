#!/usr/bin/env bash
# Sums of everything that is published, and the publisher's signature over them:
#
#   packaging/sign.sh DIST [KEY]
#
# writes DIST/SHA256SUMS of the packages in it; with KEY (a fingerprint or an address of a secret key that gpg has)
# also DIST/SHA256SUMS.asc, a detached signature. The key never comes near the build machine: copy the folder to
# where the key is. Whoever gets the files checks them with
#
#   gpg --verify SHA256SUMS.asc SHA256SUMS && sha256sum --check --ignore-missing SHA256SUMS
set -euo pipefail

cd "${1:?the folder with the packages}"
key=${2:-}

files=()
for file in *.deb *.tar.gz *.tar.xz *.exe *.dmg *.zip *.cdx.json; do
    if [ -f "$file" ]; then files+=("$file"); fi
done
if [ ${#files[@]} -eq 0 ]; then
    echo "There is no package in $PWD." >&2
    exit 1
fi
# In the same order everywhere, so that the same packages give the same sums.
printf '%s\n' "${files[@]}" | LC_ALL=C sort | while IFS= read -r file; do
    if command -v sha256sum >/dev/null; then sha256sum -- "$file"; else shasum -a 256 -- "$file"; fi
done >SHA256SUMS.new
mv SHA256SUMS.new SHA256SUMS
rm -f SHA256SUMS.asc
cat SHA256SUMS
if [ -n "$key" ]; then
    gpg --batch --yes --local-user "$key" --armor --detach-sign --output SHA256SUMS.asc SHA256SUMS
    gpg --batch --verify SHA256SUMS.asc SHA256SUMS
fi
