/** The tables of a run, by name, as they are printed and stand in `docs/speed.md`. */
import type { Machine } from "./machine.ts"
import { stepNames } from "./profile.ts"
import {
  type Choice,
  type Choices,
  type Delay,
  type DelayAtLoad,
  type Growth,
  type GrowthPoint,
  isApart,
  isLimit,
  type Results,
  type RowsPoint,
  type Speed,
  type Throughput
} from "./Results.ts"
import type { Table } from "./Table.ts"

type Tables = { readonly [name: string]: Table }

export const tables = ({ choices, delay, growth, machine, throughput }: Results): Tables => ({
  machine: { title: "Machine", ...columns(ofMachine, [machine]) },
  ...(throughput.length === 0 ? {} : throughputTables(throughput)),
  ...(choices === undefined ? {} : choiceTables(choices)),
  ...(growth === undefined ? {} : growthTables(growth)),
  ...(delay === undefined ? {} : { delay: { title: delayTitle(delay), ...columns(ofDelay, delay.loads) } })
})

export const throughputTables = (throughput: ReadonlyArray<Throughput>): Tables => ({
  throughput: {
    title: "Throughput of the handler, beside a plain bulk index of the finished documents (the limit)",
    ...speeds(ofSpeed, throughput)
  },
  cost: { title: "What a change costs", ...speeds(ofCost, atWork(throughput)) },
  steps: {
    title: "Where the handler's time goes, in % of the time that passes",
    ...speeds(
      ofSteps,
      atWork(throughput).map((it) => ({ ...it, contenders: it.contenders.filter((one) => !isLimit(one)) }))
    )
  }
})

/** Workloads in which the handler does all of its work. */
const atWork = (throughput: ReadonlyArray<Throughput>) => throughput.filter((it) => !isApart(it))

/** The greatest dozen of files in a workload's profile, one table for each contender. */
export const filesTable = ({ throughput }: Results): Tables =>
  Object.fromEntries(
    throughput.flatMap(({ contenders, name }) =>
      contenders.map((it) => {
        const title = `${name}, ${it.name}: % of the time that passes, by file`
        return [title, { title, ...columns(ofFile, it.files ?? []) }] as const
      })
    )
  )

const choiceTables = ({ batchSizes, lanes }: Choices): Tables => ({
  batches: { title: "4,000 orders of 12 rows, by the size of batches", ...columns(ofChoice("batch size"), batchSizes) },
  lanes: { title: "4,000 orders of 12 rows, batches of 1,000, by lanes", ...columns(ofChoice("lanes"), lanes) }
})

const growthTables = ({ changes, orders, rows }: Growth): Tables => ({
  changes: { title: "Growth by changes", ...columns(ofGrowth("changes so far"), changes) },
  orders: { title: "Growth by aggregates", ...columns(ofGrowth("orders of 12 rows"), orders) },
  rows: { title: "A document by its rows, of which one is changed", ...columns(ofRows, rows) }
})

/** Headings, each with what stands below it. */
type Columns<A> = ReadonlyArray<readonly [head: string, cell: (it: A) => string]>

const columns = <A>(columns: Columns<A>, items: ReadonlyArray<A>): Omit<Table, "title"> => ({
  head: columns.map(([head]) => head),
  rows: items.map((it) => columns.map(([, cell]) => cell(it)))
})

/** One row for each contender, below one with the workload's name. */
const speeds = (each: Columns<Speed>, throughput: ReadonlyArray<Throughput>): Omit<Table, "title"> => ({
  head: ["", ...each.map(([head]) => head)],
  rows: throughput.flatMap(({ contenders, name }) => [
    [`${name}:`, ...each.map(() => "")],
    ...contenders.map((it) => [`- ${it.name}`, ...each.map(([, cell]) => cell(it))])
  ])
})

const count = (value: number): string => Math.round(value).toLocaleString("en")
const whole = (value: number): string => value.toFixed(0)
const unlessUnknown = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "?"

const ofMachine: Columns<Machine> = [
  ["cores", ({ cores }) => String(cores)],
  ["CPU", ({ cpu }) => cpu],
  ["Node", ({ node }) => node],
  ["OpenSearch", ({ openSearch }) => openSearch],
  ["load before", ({ load }) => load[0].toFixed(2)],
  ["load after", ({ load }) => load[1].toFixed(2)]
]

const ofSpeed: Columns<Speed> = [
  ["of the limit", ({ ratio }) => ratio.toFixed(2)],
  ["least", ({ ratioMin }) => ratioMin.toFixed(2)],
  ["greatest", ({ ratioMax }) => ratioMax.toFixed(2)],
  ["changes/s", ({ perSecond }) => count(perSecond)],
  ["client's cores busy", ({ clientCores }) => clientCores.toFixed(2)],
  ["server's", ({ serverCores }) => unlessUnknown(serverCores, 2)]
]

const ofCost: Columns<Speed> = [
  ["client CPU, s per million", ({ clientSeconds }) => clientSeconds.toFixed(1)],
  ["server's", ({ serverSeconds }) => unlessUnknown(serverSeconds, 1)],
  ["bytes sent", ({ bytesPerChange }) => count(bytesPerChange)],
  ["requests per 1,000", ({ requestsPerThousand }) => requestsPerThousand.toFixed(2)],
  ["refused per 1,000", ({ refusedPerThousand }) => refusedPerThousand.toFixed(1)]
]

const ofSteps: Columns<Speed> = stepNames.map((step) => [step, ({ steps }) => whole((steps?.[step] ?? 0) * 100)])

const ofFile: Columns<readonly [file: string, share: number]> = [
  ["file", ([file]) => file],
  ["", ([, share]) => (share * 100).toFixed(1)]
]

const ofChoice = (of: string): Columns<Choice> => [
  [of, ({ value }) => count(value)],
  ["changes/s", ({ perSecond }) => count(perSecond)],
  ["ms a batch", ({ millisPerBatch }) => millisPerBatch.toFixed(1)],
  ["bytes sent a change", ({ bytesPerChange }) => count(bytesPerChange)],
  ["refused per 1,000", ({ refusedPerThousand }) => refusedPerThousand.toFixed(1)]
]

const ofGrowth = (of: string): Columns<GrowthPoint> => [
  [of, ({ at }) => count(at)],
  ["µs a change", ({ micros }) => micros.toFixed(1)],
  ["limit", ({ limitMicros }) => limitMicros.toFixed(1)],
  ["heap, MiB", ({ heapBytes }) => whole(heapBytes / 2 ** 20)]
]

const ofRows: Columns<RowsPoint> = [
  ["rows", ({ rows }) => count(rows)],
  ["µs a change", ({ micros }) => count(micros)],
  ["limit", ({ limitMicros }) => count(limitMicros)],
  ["bytes stored", ({ documentBytes }) => count(documentBytes)],
  ["of which sync state", ({ syncBytes }) => count(syncBytes)],
  ["share", ({ documentBytes, syncBytes }) => `${((syncBytes / documentBytes) * 100).toFixed(1)} %`]
]

const delayTitle = ({ highestPerSecond }: Delay) =>
  `Delay in ms from a row's write, following a stream; 100 % is ${count(highestPerSecond)} changes/s`

const loadOf = ({ share }: DelayAtLoad): string => (share === 0 ? "one a second" : `${whole(share * 100)} %`)

const ofDelay: Columns<DelayAtLoad> = [
  ["way", ({ way }) => way],
  ["load", loadOf],
  ["changes/s", ({ perSecond }) => count(perSecond)],
  ["probes", ({ probes }) => String(probes)],
  ...(["readable", "searchable", "refresh"] as const).flatMap((name): Columns<DelayAtLoad> => [
    [`${name}, median`, (load) => whole(load[name].median)],
    ["99 %", (load) => whole(load[name].p99)]
  ]),
  ["server's CPU, ms per 1,000", ({ serverMillis }) => unlessUnknown(serverMillis, 0)],
  ["changes a batch", ({ changesPerBatch }) => unlessUnknown(changesPerBatch, 1)]
]
