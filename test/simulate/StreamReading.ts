/**
 * The reading of a table's stream as `tail` sees it, request by request: each may be throttled or get no answer, and
 * what it brings is kept, so that the end of a run can ask for every record. A checkpoint outlives the process that
 * saves it.
 */
import { Clock, Effect, Option } from "effect"
import { type Checkpoint, CheckpointError, Checkpoints, finished } from "../../src/source/stream/Checkpoints.ts"
import { StreamApi, StreamApiError, Throttled, Unavailable } from "../../src/source/stream/StreamApi.ts"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import type { Mapping } from "./EventSource.ts"
import type { Process } from "./Network.ts"
import { type Delivered, delivered } from "./records.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Surroundings } from "./Worker.ts"

/** A record with the shard that it was read from. */
interface Read {
  readonly shardId: string
  readonly record: Delivered
}

interface Mortal extends Process {
  readonly kill: () => void
}

export class StreamReading {
  /** All that was ever read, by shard and number. */
  private readonly known = new Map<string, Read>()
  private saved = Option.none<Checkpoint>()
  /** The stream of the first checkpoint. */
  begunIn: string | undefined
  private readonly failing: number
  private readonly deaths: number
  private readonly around: Surroundings
  private readonly mapping: Mapping
  private readonly table: MemoryTable
  private readonly random: SeededRandom

  constructor(around: Surroundings, mapping: Mapping, table: MemoryTable, random: SeededRandom) {
    this.around = around
    this.mapping = mapping
    this.table = table
    this.random = random
    this.failing = random.pick([0, 0.05, 0.3])
    this.deaths = random.pick([0, 0.02, 0.2])
    around.journal.say(`tail    ${JSON.stringify({ failing: this.failing, deaths: this.deaths })}`)
  }

  get tableName(): string {
    return this.table.tableName
  }

  get tableArn(): string {
    return this.table.tableArn
  }

  record(shardId: string, sequenceNumber: string): Delivered {
    return this.known.get(`${shardId} ${sequenceNumber}`)!.record
  }

  /** A process is gone: of what it read, only what its checkpoint covers is not read again. */
  forget(): void {
    const { acknowledged, seen } = this.mapping
    seen.splice(0, seen.length, ...seen.filter((record) => acknowledged.has(record)))
  }

  /** DynamoDB's answers go by its own clock. */
  api(process: Process): StreamApi["Service"] {
    const { streamApi } = this.table
    const ask = <A>(operation: string, request: Effect.Effect<A, StreamApiError>) =>
      Effect.gen({ self: this }, function* () {
        yield* Effect.sleep(this.around.network.isCalm ? 1 : 1 + this.random.below(50))
        if (process.isDead) return yield* Effect.never
        if (this.fails()) {
          const reason = this.random.chance(0.5) ? new Throttled() : new Unavailable()
          return yield* new StreamApiError({ operation, reason, message: `${operation} fails` })
        }
        return yield* Effect.provideService(request, Clock.Clock, this.around.clock)
      })
    return StreamApi.of({
      findStream: (tableName) => ask("DescribeTable", streamApi.findStream(tableName)),
      describeStream: (streamArn) => ask("DescribeStream", streamApi.describeStream(streamArn)),
      shardIterator: (streamArn, shardId, start) =>
        ask("GetShardIterator", streamApi.shardIterator(streamArn, shardId, start)),
      records: (iterator) =>
        Effect.tap(ask("GetRecords", streamApi.records(iterator)), ({ records }) =>
          Effect.sync(() => {
            const [streamArn, shardId] = JSON.parse(iterator) as [string, string]
            for (const raw of records) this.see(shardId, delivered(streamArn, raw))
          })
        )
    })
  }

  private see(shardId: string, record: Delivered): void {
    const name = `${shardId} ${record.sequenceNumber}`
    const known = this.known.get(name) ?? { shardId, record }
    this.known.set(name, known)
    if (!this.mapping.seen.includes(known.record)) this.mapping.seen.push(known.record)
  }

  /** A process may be killed just before its checkpoint is stored, or just after. */
  checkpoints(process: Mortal): Checkpoints["Service"] {
    const mayDie = Effect.suspend(() => {
      if (!process.isDead && !this.around.network.isCalm && this.random.chance(this.deaths)) process.kill()
      return process.isDead ? Effect.never : Effect.void
    })
    const fail = (operation: "load" | "save") =>
      Effect.suspend(() =>
        this.fails() ? Effect.fail(new CheckpointError({ operation, message: "the disk is full" })) : Effect.void
      )
    return Checkpoints.of({
      load: Effect.andThen(fail("load"), () => Effect.succeed(this.saved)),
      save: (checkpoint) =>
        Effect.sleep(this.around.network.isCalm ? 1 : this.random.below(300)).pipe(
          Effect.andThen(mayDie),
          Effect.andThen(fail("save")),
          Effect.andThen(() => Effect.sync(() => this.store(checkpoint))),
          Effect.andThen(mayDie)
        )
    })
  }

  private fails(): boolean {
    return !this.around.network.isCalm && this.random.chance(this.failing)
  }

  /** What a stored checkpoint covers nobody reads again: it is acknowledged. */
  private store(checkpoint: Checkpoint): void {
    this.saved = Option.some(structuredClone(checkpoint))
    this.begunIn ??= checkpoint.streamArn
    this.around.journal.count("checkpoints saved")
    for (const { record, shardId } of this.known.values()) {
      if (covers(checkpoint, shardId, record)) this.mapping.acknowledged.add(record)
    }
  }
}

const covers = ({ shards, streamArn }: Checkpoint, shardId: string, record: Delivered): boolean => {
  // A checkpoint in a new stream leaves those before it behind.
  if (record.streamArn !== streamArn) return record.streamArn < streamArn
  const place = shards[shardId]
  if (place === undefined || place === finished) return place === finished
  return /^\d+$/.test(place) && record.sequenceNumber.padStart(40, "0") <= place.padStart(40, "0")
}
