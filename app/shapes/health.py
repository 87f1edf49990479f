"""What the server says of its own health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from app.shapes.search import StateOut
from app.supervisor import JobState
from app.words.reader import Reader
from kb.search.answer import IndexState


class JobOut(BaseModel):
    """One background job."""

    name: str
    every: float = Field(description="Seconds from one run to the next.")
    succeeded: datetime | None = Field(description="When it last did some work; UTC.")
    failed: datetime | None
    why: str = Field(description="Why it last failed; the log has the details.")
    failing: bool = Field(description="Whether its last run failed.")
    late: bool = Field(description="Whether it has not succeeded for several of its periods.")

    @classmethod
    def of(cls, job: JobState, reader: Reader) -> JobOut:
        """Shape the state of a job."""
        return cls(
            name=job.name,
            every=job.every,
            succeeded=job.succeeded,
            failed=job.failed,
            why=reader.say(job.why),
            failing=job.is_failing,
            late=job.is_late,
        )


class ReadyOut(StateOut):
    """Whether the server answers questions in the usual time, and how its background jobs are doing."""

    reason: str = Field("", description="Why the server is not ready; empty if it is.")
    waiting: int = Field(0, description="Saved files that wait to be indexed.")
    vectors: str = Field("", description="Why the Chroma server cannot be reached; empty if it can, or none is set.")
    meaning: str = Field("", description="Why questions are answered by their words alone; empty if they are not.")
    degraded: list[str] = Field(default_factory=list, description="Background jobs that fail or are late.")
    jobs: list[JobOut] = Field(default_factory=list)

    @classmethod
    def health(
        cls,
        state: IndexState,
        activity: str,
        reason: str,
        jobs: Sequence[JobState],
        reader: Reader,
        waiting: int,
        vectors: str = "",
        meaning: str = "",
    ) -> ReadyOut:
        """Shape a state of the index with the jobs; ready unless there is a reason."""
        known = StateOut.of(state, activity).model_dump() | {"ready": not reason}
        degraded = [job.name for job in jobs if not job.is_well]
        shaped = [JobOut.of(job, reader) for job in jobs]
        troubles = {"reason": reader.say(reason), "vectors": vectors, "meaning": reader.say(meaning)}
        return cls(**known, **troubles, waiting=waiting, degraded=degraded, jobs=shaped)
