"""Ask a language model, where one is configured, which sentences summarise an answer; it is asked only on request."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Literal

from app.settings import Settings
from kb.search.answer import Answer
from kb.search.summary import NOTHING, Summary, messages_for, read_summary, sentences_for

State = Literal["off", "silent", "made", "away", "busy"]
AT_A_TIME = 2  # questions to the model; the next one is asked to come back
MOST_REMEMBERED = 256  # replies


@dataclass(frozen=True, slots=True)
class Summarised:
    """What became of a summary: `off` without a model, `silent` where nothing answers."""

    state: State
    summary: Summary = NOTHING


class Summariser:
    """Makes summaries with an endpoint that speaks OpenAI's chat interface. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turns = BoundedSemaphore(AT_A_TIME)
        self._replies: OrderedDict[str, str] = OrderedDict()  # by what was sent
        self._lock = Lock()

    @property
    def is_on(self) -> bool:
        """Whether a model is configured."""
        return bool(self._settings.llm_url)

    def of(self, answer: Answer) -> Summarised:
        """Return a summary of an answer; the same sentences are not sent twice."""
        if not self.is_on:
            return Summarised("off")
        sentences = sentences_for(answer)
        if not sentences:
            return Summarised("silent")
        messages = messages_for(answer.query.text, sentences)
        key = json.dumps(messages)
        with self._lock:
            known = self._replies.get(key)
        reply = self._reply(messages) if known is None else known
        if not isinstance(reply, str):
            return reply
        summary = read_summary(reply, sentences)
        if summary.dropped and not summary.parts:
            return Summarised("away", summary)
        self._remember(key, reply)
        return Summarised("made" if summary.parts else "silent", summary)

    def _reply(self, messages: Sequence[Mapping[str, str]]) -> str | Summarised:
        """Return what the model says, or why it says nothing."""
        if not self._turns.acquire(blocking=False):
            return Summarised("busy")
        try:
            from app.language_model import reply_to  # brings an HTTP client, which others do not need

            reply = reply_to(self._settings, messages)
        finally:
            self._turns.release()
        return Summarised("away") if reply is None else reply

    def _remember(self, key: str, reply: str) -> None:
        with self._lock:
            self._replies[key] = reply
            while len(self._replies) > MOST_REMEMBERED:
                self._replies.popitem(last=False)
