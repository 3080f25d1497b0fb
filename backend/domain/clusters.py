"""Which holds have the same cause: their kind, their provider, and their message without what differs from order to order.

Numbers, amounts, dates, identifiers, names and quoted words give way to `…`, so that ten thousand holds fall into a
handful of groups. The key is short and stable, fit for an address; the label is what people read.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from backend.domain.holds import HoldKind, HoldSource
from backend.domain.providers import provider_name

LONGEST_LABEL = 140
BLANK = "…"

_QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|«[^»]*»|(?<!\w)'[^']*'(?!\w)|(?<!\w)‘[^’]*’(?!\w)")
_ADDRESS = re.compile(r"\S+@\S+\.\w+|https?://\S+", re.ASCII)
_CURRENCY = r"(?:(?<!\w)[A-Z]{3}|[€$£¥₹])"
_AMOUNT = re.compile(
    rf"{_CURRENCY}\s?-?\d(?:[\d.,'\u00a0]*\d)?|-?\d(?:[\d.,'\u00a0]*\d)?\s?(?:[A-Z]{{3}}|[€$£¥₹])(?!\w)"
)
_STATUS = re.compile(r"(?:HTTP|answered|status|code) [1-5]\d\d(?!\w)")
"""What a provider's server answered tells causes apart."""
_CODE = re.compile(r"(?<!\w)(?=[\w/#:-]*\d)#?\w[\w/#:-]*\w|#?\d+", re.ASCII)
"""Any word with a digit in it: order numbers, payment references, tracking numbers, dates, times, quantities."""
_ARTICLE = re.compile(r"(?<!\w)[A-Z]{2,}(?:[-_][A-Z]{2,})+(?!\w)")
"""A stock keeping unit without digits, like `LNT-STR-BRS`."""
_WORDY = r"[^\W\d_a-zß-öø-ÿ][\w’'-]+"
_NAME = re.compile(rf"(?<=[\w,:;] ){_WORDY}(?: {_WORDY})+")
"""Two capitalised words in a row inside a sentence."""
_PRIVATE = 0xE000
"""Unicode's private letters stand for what is kept while the rest is blanked."""
_WORDS = re.compile(r"[^\W\d_]{2,}")
FEWEST_WORDS = 3
"""A label of fewer words tells causes apart for nobody who reads it."""
_BLANKS = re.compile(rf"{BLANK}(?:[\s,.;:/×x-]*{BLANK})+")


@dataclass(frozen=True)
class Cluster:
    """`key` names the cause, `label` says it in words; the label is empty where the kind of hold says it all."""

    key: str
    label: str


@lru_cache(4096)
def cluster_of(kind: HoldKind, provider: str, reason: str, source: HoldSource = HoldSource.STEP) -> Cluster:
    """The cause of a hold. What a person wrote is nobody else's cause: those holds are grouped by their kind alone."""
    label = "" if source is HoldSource.PERSON else normalised(reason, keep=(provider_name(provider),))
    digest = hashlib.sha256(f"{provider}\n{label.casefold()}".encode()).hexdigest()
    return Cluster(f"{kind}.{digest[:10]}", label)


def normalised(message: str, keep: tuple[str, ...] = ()) -> str:
    """The message with `…` for whatever differs from order to order; words in `keep` are no names.

    Sentences that say the same about several things are said once.
    """
    text = " ".join(message.split())
    words_kept = dict.fromkeys([*(words for words in keep if words), *_STATUS.findall(text)])
    kept = {chr(_PRIVATE + place): words for place, words in enumerate(words_kept)}
    for mark, words in kept.items():
        text = text.replace(words, mark)
    for pattern in (_QUOTED, _ADDRESS, _AMOUNT, _ARTICLE, _CODE, _NAME):
        text = pattern.sub(BLANK, text)
    for mark, words in kept.items():
        text = text.replace(mark, words)
    text = _BLANKS.sub(BLANK, text)
    sentences = list(dict.fromkeys(re.split(r"(?<=[.!?]) ", text)))
    return _shortened(" ".join(sentences))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1].rstrip(" ,;:") + BLANK


def telling(label: str) -> str:
    """The label, where it says something; empty where next to nothing is left of the message."""
    return label if len(_WORDS.findall(label)) >= FEWEST_WORDS else ""
