"""Real workers that are killed at every step. Installed as an app only in the processes that
`harness` starts: it brings a job with effects to count, and the faults."""
