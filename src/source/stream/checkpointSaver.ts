/**
 * Saves the newest checkpoint beside the reading, never in its way: a store that fails or hangs delays what stands in
 * it and nothing else. Many acknowledgements between two saves become one save.
 */
import { Effect, Queue, type Scope } from "effect"
import { type Checkpoint, Checkpoints } from "./Checkpoints.ts"
import { retryForever } from "../retryForever.ts"
import { report } from "./Progress.ts"

// Enough for a file or a table; longer would hold up the end of a process that is being stopped.
const lastSaveMax = "5 seconds"

/**
 * Gives an effect that asks for a save of what `current` then says. Ends with its scope, after one last save if one
 * is due; if that fails too, the unsaved rest is read again next time.
 */
export const makeSaver = Effect.fnUntraced(function* (
  current: () => Checkpoint
): Effect.fn.Return<Effect.Effect<void>, never, Checkpoints | Scope.Scope> {
  const checkpoints = yield* Checkpoints
  const requests = yield* Queue.sliding<void>(1)
  let isDue = false
  const save = Effect.suspend(() => {
    isDue = false
    return checkpoints.save(current())
  }).pipe(Effect.onError(() => Effect.sync(() => (isDue = true))))

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => (isDue ? save : Effect.void)).pipe(
      Effect.timeout(lastSaveMax),
      Effect.catch(({ message }) => report({ _tag: "CheckpointUnsaved", message }))
    )
  )
  yield* Queue.take(requests).pipe(
    Effect.andThen(save.pipe(retryForever("saving the checkpoint", () => true))),
    Effect.forever,
    Effect.forkScoped
  )
  return Effect.suspend(() => {
    isDue = true
    return Queue.offer(requests, undefined)
  })
})
