/** What a run of the bench finds: what is printed, drawn and kept as JSON. A time per change is in microseconds. */
import type { Machine } from "./machine.ts"

export interface Results {
  readonly form: "quick" | "full"
  readonly machine: Machine
  readonly throughput: ReadonlyArray<Throughput>
  readonly choices?: Choices
  readonly growth?: Growth
  readonly delay?: Delay
}

export interface Throughput {
  readonly name: string
  readonly rounds: number
  /** Row changes of a round, the requests they are delivered in, and the documents written for them by the limit. */
  readonly changes: number
  readonly batches: number
  readonly documents: number
  /** The limit first. */
  readonly contenders: ReadonlyArray<Speed>
}

export interface Speed {
  readonly name: string
  /** Changes per second: the median of the rounds. */
  readonly perSecond: number
  /** To the limit in the same round: the median, the least and the greatest. */
  readonly ratio: number
  readonly ratioMin: number
  readonly ratioMax: number
  /** Seconds of CPU per million changes. */
  readonly clientSeconds: number
  readonly serverSeconds?: number | undefined
  /** Of the machine's cores, the mean number that each kept busy. */
  readonly clientCores: number
  readonly serverCores?: number | undefined
  readonly bytesPerChange: number
  readonly requestsPerThousand: number
  readonly refusedPerThousand: number
  /** Shares of the time by step, of a round that was profiled and is not in the other figures. */
  readonly steps?: { readonly [step: string]: number } | undefined
  /** Shares by file, the greatest dozen. */
  readonly files?: ReadonlyArray<readonly [file: string, share: number]> | undefined
}

/** What an event source mapping lets one choose. */
export interface Choices {
  readonly batchSizes: ReadonlyArray<Choice>
  /** The parallelization factor, each lane with a handler and a cache of its own. */
  readonly lanes: ReadonlyArray<Choice>
}

export interface Choice {
  readonly value: number
  readonly perSecond: number
  /** From a batch's event to its answer. */
  readonly millisPerBatch: number
  readonly bytesPerChange: number
  readonly refusedPerThousand: number
}

export interface Growth {
  /** By changes so far, to always the same orders. */
  readonly changes: ReadonlyArray<GrowthPoint>
  /** By how many orders there are. */
  readonly orders: ReadonlyArray<GrowthPoint>
  /** By the rows of a document of which one is changed. */
  readonly rows: ReadonlyArray<RowsPoint>
}

export interface GrowthPoint {
  readonly at: number
  readonly limitMicros: number
  readonly micros: number
  /** Of the handler's process, after garbage was collected. */
  readonly heapBytes: number
}

export interface RowsPoint {
  readonly rows: number
  readonly limitMicros: number
  readonly micros: number
  /** Of the stored JSON text, and of the sync state in it. */
  readonly documentBytes: number
  readonly syncBytes: number
}

export interface Delay {
  /** Row changes per second, followed as fast as they can be made and written. */
  readonly highestPerSecond: number
  readonly loads: ReadonlyArray<DelayAtLoad>
}

/** Milliseconds from the answer to a row's write; the refresh is what lies between readable and searchable. */
export interface DelayAtLoad {
  /** The way that changes take: `tail`, `Lambda, no window`. */
  readonly way: string
  /** Of the highest throughput; 0 for single changes, one a second. */
  readonly share: number
  readonly perSecond: number
  readonly probes: number
  readonly readable: Delays
  readonly searchable: Delays
  readonly refresh: Delays
  /** Milliseconds of the server's CPU for 1,000 changes, the searches of the probes included, where known. */
  readonly serverMillis?: number
  readonly changesPerBatch?: number
}

export interface Delays {
  readonly median: number
  readonly p99: number
}

/** Whether it is the limit, or one of its kind. */
export const isLimit = ({ name }: { readonly name: string }): boolean => name.startsWith("limit")

/** How workloads are named in which the handler's work is left out, and its requests alone are timed. */
export const apartPrefix = "OpenSearch elsewhere: "
export const isApart = ({ name }: Throughput): boolean => name.startsWith(apartPrefix)
