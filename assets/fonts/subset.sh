#!/usr/bin/env bash
# Makes NotoSansSC-subset.ttf from the npm package @expo-google-fonts/noto-sans-sc, with fontTools from PyPI.
# Kept: all Chinese characters of U+4E00..9FFF (GB 2312 alone misses names such as 垚 and 燊), ASCII, and the signs that
# documents use. Same versions, same bytes. Needs Python 3 and npm; writes beside itself.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent @expo-google-fonts/noto-sans-sc@0.4.3 >/dev/null
tar xzf expo-google-fonts-noto-sans-sc-0.4.3.tgz package/400Regular/NotoSansSC_400Regular.ttf package/LICENSE_FONT
python3 -m venv venv
venv/bin/pip install --quiet fonttools==4.68.0
unicodes=U+0020-007E,U+00A0-00FF
# Dashes, quotes, ellipsis, permille, primes; euro, degree signs, numero, Roman numerals, arrows, mathematics.
unicodes+=,U+2010-2027,U+2030-203A,U+20AC,U+2103,U+2109,U+2116,U+2160-216B,U+2190-2193
unicodes+=,U+2202,U+2208,U+220F,U+2211,U+2212,U+2215,U+221A,U+221E,U+2220,U+222B,U+2234,U+2235,U+2248,U+2260,U+2261,U+2264,U+2265
# Circled numbers, boxes, marks; Chinese punctuation and units; full-width forms.
unicodes+=,U+2460-2473,U+25A0,U+25A1,U+25B2,U+25B3,U+25C6,U+25C7,U+25CB,U+25CF,U+2605,U+2606,U+2713
unicodes+=,U+3000-3017,U+301C,U+3021-3029,U+338E-33A1,U+33C4,U+4E00-9FFF,U+FF01-FF5E,U+FFE5
SOURCE_DATE_EPOCH=0 venv/bin/pyftsubset package/400Regular/NotoSansSC_400Regular.ttf --unicodes="$unicodes" \
  --output-file="$folder/NotoSansSC-subset.ttf" --no-hinting --layout-features=kern,locl,ccmp,halt,palt --notdef-outline
cp package/LICENSE_FONT "$folder/OFL.txt"
