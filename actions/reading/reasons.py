"""Why something is cancelled or sent back, as far as it was said."""

import re

NOT_SAID = "not_said"

_CANCELLING = {
    "ordered_by_mistake": r"versehen\w*|falsch (?:bestellt|geklickt)|verklickt|vertippt|doppelt bestellt|aus(?:zu)?sehen|by mistake|accident\w*|wrong (?:one|item|thing|size|colou?r)|ordered (?:it )?twice",
    "found_elsewhere": r"woanders|anderswo|anderen? (?:shop|laden|händler)|in der stadt|elsewhere|another (?:shop|store)|found (?:it|one) (?:cheaper )?(?:at|in|on)",
    "too_expensive": r"zu teuer|billiger|günstiger|kein geld|leisten|too (?:expensive|dear|much)|cheaper|can'?t afford|budget",
    "takes_too_long": r"zu lang\w*|dauert|zu spät|nicht rechtzeitig|takes? too long|too (?:late|slow)|not in time",
    "no_longer_needed": r"brauch\w* (?:\w+ ){0,3}(?:nicht|nimmer|ned|kein\w*)|nicht mehr (?:nötig|gebraucht)|erledigt|geschenkt (?:bekommen|gekriegt)|anders überlegt|don'?t need|no longer need\w*|not needed|changed my mind|any ?more",
}
_RETURNING = {
    "does_not_fit": r"pass(?:t|en) (?:\w+ ){0,2}(?:nicht|ned|net)|zu (?:klein|groß|gross|eng|weit|kurz|lang|schmal|breit)|drück\w*|doesn'?t fit|don'?t fit|too (?:small|big|large|tight|loose|narrow|wide|short|long)|pinch\w*",
    "damaged": r"kaputt\w*|defekt\w*|beschädigt\w*|kratzer|zerkratzt|gebrochen|broken|damaged|defective|scratch\w*|faulty",
    "wrong_item": r"falsch(?:e[nrs]?)? (?:geliefert|gekommen|artikel|produkt|farbe|größe)|was anderes (?:bekommen|geliefert)|wrong (?:item|one|colou?r|size|product)|not what i ordered",
    "not_as_described": r"anders als|nicht wie (?:beschrieben|auf dem bild|erwartet)|enttäusch\w*|not as (?:described|expected|pictured)|disappoint\w*|not like",
    "changed_mind": r"gefällt (?:\w+ ){0,3}(?:nicht|ned)|gefallen (?:\w+ ){0,3}nicht|brauch\w* (?:\w+ ){0,3}(?:nicht|nimmer)|doch nicht|anders überlegt|don'?t (?:like|need|want)|changed my mind|not for me",
}


def cancelling(text: str) -> str:
    """The port's code for a reason to cancel."""
    return _first(_CANCELLING, text)


def returning(text: str) -> str:
    """The port's code for a reason to send back."""
    return _first(_RETURNING, text)


def _first(patterns: dict[str, str], text: str) -> str:
    return next((code for code, pattern in patterns.items() if re.search(rf"\b(?:{pattern})\b", text, re.I)), NOT_SAID)
