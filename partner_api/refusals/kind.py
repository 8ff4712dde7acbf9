"""What is said of one kind of refusal."""

from typing import Literal, NamedTuple


class Kind(NamedTuple):
    """What HTTP makes of a refusal: its status, its title and what to do about it, in each language."""

    status: int
    en: str
    ru: str
    advice_en: str
    advice_ru: str

    def title(self, language: Literal["en", "ru"]) -> str:
        return self.ru if language == "ru" else self.en
