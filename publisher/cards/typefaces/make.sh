#!/bin/sh
# Makes the fonts of this folder smaller than they are in Debian's fonts-noto-core: without
# hinting, which a large picture does not need, and with some scripts only.
# Needs: apt install fonts-noto-core, and pip install fonttools
set -eu
cd "$(dirname "$0")"
from=/usr/share/fonts/truetype/noto
signs=U+0020-0022,U+0025,U+0027-003F,U+005B-005F,U+007B-007E,U+00A0,U+00AB,U+00BB,U+200B-200F,U+2010-2015,U+2018-2026
latin=U+0020-007E,U+00A0-024F,U+02B0-036F,U+1E00-1EFF,U+2000-206F,U+2070-209F,U+20A0-20CF,U+2100-214F,U+2190-2199,U+2212,U+2215,U+221E,U+2248,U+2260,U+2264,U+2265,U+FB00-FB06
greek=U+0370-03FF,U+1F00-1FFF
cyrillic=U+0400-052F
arabic=U+0600-06FF,U+0750-077F,U+08A0-08FF,U+FD3E,U+FD3F,U+FDF2,U+FDFC
hebrew=U+0590-05FF,U+20AA,U+FB1D-FB4F
for weight in Bold Regular; do
  for font in "NotoSans:$latin,$greek,$cyrillic" "NotoSansArabic:$signs,$arabic" "NotoSansHebrew:$signs,$hebrew"; do
    file=${font%%:*}-$weight.ttf
    pyftsubset "$from/$file" --unicodes="${font#*:}" --no-hinting --name-IDs='*' \
      --output-file="$file"
  done
done
