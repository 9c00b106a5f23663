import { Effect, Latch } from "effect"

/** Wakes those who wait for a condition on some state, at each change of it. */
export class Changed {
  private readonly latch = Latch.makeUnsafe(false)

  note(): void {
    this.latch.openUnsafe()
  }

  /** Waits until the condition holds; it may hold already. */
  until(holds: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (holds()) return Effect.void
      this.latch.closeUnsafe()
      return Effect.andThen(this.latch.await, this.until(holds))
    })
  }
}
