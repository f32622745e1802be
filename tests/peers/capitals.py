"""Compares the amounts in capitals with PyPI cn2an over 100 000 random amounts and the edges.

    python tests/peers/capitals.py COMMAND...    where COMMAND is the example `capitals`

A round trip cannot see a lost 零; another implementation can. Where the rule of the People's Bank leaves 零 to the writer
(银发〔1997〕393号, annex 1, 4(3): the last digit before 元 or 万 is 0 and the next one is not), both forms are taken as one.
"""

import random
import subprocess
import sys

import cn2an

COUNT = 100_000
LARGEST = 10**17 - 1  # fen


def without_free_zeros(text: str, fen: int) -> str:
    """The text without the 零 that the rule allows to leave out."""
    yuan, jiao = fen // 100, fen // 10 % 10
    if yuan % 10 == 0 and jiao != 0:
        text = text.replace("元零", "元")
    # 万 (then 亿, then 万亿): the digit before the next group is 0, the group's thousands are not.
    for unit, size in (("万", 10**4), ("亿", 10**8), ("万", 10**12)):
        if yuan // size % 10 == 0 and yuan // (size // 10) % 10 != 0:
            thousands = "零壹贰叁肆伍陆柒捌玖"[yuan // (size // 10) % 10] + "仟"
            for before in "万亿":
                text = text.replace(before + "零" + thousands, before + thousands)
    return text


def amounts() -> list[int]:
    source = random.Random(20230501)
    drawn = [0, 1, 9, 10, 11, 99, 100, 101, 110, LARGEST]
    drawn += [10**power + delta for power in range(2, 17) for delta in (-1, 0, 1, 10, 100, 1000)]
    while len(drawn) < COUNT:
        length = source.randint(1, 17)
        # Half of the digits are 0: those amounts are the hard ones.
        digits = [source.choice((0, source.randint(0, 9))) for _ in range(length)]
        drawn.append(int("".join(map(str, digits))))
    return drawn


def main() -> int:
    drawn = amounts()
    lines = "".join(f"{fen}\n" for fen in drawn)
    written = subprocess.run(sys.argv[1:], input=lines, capture_output=True, text=True, encoding="utf-8", check=True)
    ours = written.stdout.splitlines()
    assert len(ours) == len(drawn), f"{len(ours)} answers to {len(drawn)} amounts"
    differing = free = 0
    for fen, own in zip(drawn, ours):
        peer = cn2an.an2cn(f"{fen // 100}.{fen % 100:02d}", "rmb")
        if own != peer:
            free += 1
            if without_free_zeros(own, fen) != without_free_zeros(peer, fen):
                differing += 1
                if differing <= 20:
                    print(f"{fen // 100}.{fen % 100:02d}: {own}, cn2an {peer}")
    print(f"{len(drawn)} amounts, {free} with a 零 that the rule leaves free, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
