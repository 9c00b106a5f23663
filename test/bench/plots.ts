/** The pictures of a run, by file name. */
import { stepNames } from "./profile.ts"
import type { Machine } from "./machine.ts"
import {
  type Choices,
  type Delay,
  type Growth,
  type GrowthPoint,
  isApart,
  isLimit,
  type Results,
  type Throughput
} from "./Results.ts"
import * as svg from "./svg.ts"

type Pictures = { readonly [file: string]: string }

export const plots = ({ choices, delay, growth, machine, throughput }: Results): Pictures => ({
  "throughput.svg": ratios(throughput, machine),
  "steps.svg": steps(throughput),
  ...(choices === undefined ? {} : { "choices.svg": chosen(choices) }),
  ...(growth === undefined ? {} : growthPictures(growth)),
  ...(delay === undefined ? {} : { "delay.svg": delays(delay) })
})

const ratios = (throughput: ReadonlyArray<Throughput>, machine: Machine): string =>
  svg.bars({
    title: "Throughput, as a share of a plain bulk index of the finished documents",
    note: `OpenSearch ${machine.openSearch} and the handler on ${machine.cores} cores; medians, the thin line is all rounds`,
    mark: 1,
    show: (value) => value.toFixed(2),
    groups: throughput.map(({ contenders, name }) => ({
      label: name,
      bars: contenders.slice(1).map(({ name, ratio, ratioMax, ratioMin }) => ({
        label: name,
        value: ratio,
        range: [ratioMin, ratioMax] as const
      }))
    }))
  })

const steps = (throughput: ReadonlyArray<Throughput>): string =>
  svg.stackedBars({
    title: "Where the handler's time goes",
    note: "% of the time that passes in a round, in the handler's own thread",
    parts: stepNames,
    show: (value) => (value * 100).toFixed(0),
    groups: throughput
      .filter((it) => !isApart(it))
      .map(({ contenders, name }) => ({
        label: name,
        bars: contenders
          .filter((it) => !isLimit(it))
          .map((it) => ({ label: it.name, values: stepNames.map((step) => it.steps?.[step] ?? 0) }))
      }))
  })

const chosen = ({ batchSizes, lanes }: Choices): string =>
  svg.bars({
    title: "Changes per second, by batch size and lanes",
    note: "4,000 orders of 12 rows, six changes at a time; lanes take batches of 1,000",
    show: (value) => thousands(Math.round(value)),
    groups: [
      {
        label: "one lane",
        bars: batchSizes.map(({ perSecond, value }) => ({ label: `batches of ${thousands(value)}`, value: perSecond }))
      },
      {
        label: "more lanes, which share the orders",
        bars: lanes.slice(1).map(({ perSecond, value }) => ({ label: `${value} lanes`, value: perSecond }))
      }
    ]
  })

const growthPictures = ({ changes, orders, rows }: Growth): Pictures => ({
  "growth-changes.svg": growing("Time per change, by changes so far", "changes so far", changes),
  "growth-orders.svg": growing("Time per change, by how many orders there are", "orders of 12 rows", orders),
  "memory.svg": svg.lines({
    title: "The handler's heap",
    note: "after garbage was collected, with its default cache of 64 MiB",
    x: { label: "changes so far, or orders", show: thousands },
    y: { label: "MiB", show: String },
    lines: [
      { label: "by changes so far", points: changes.map(({ at, heapBytes }) => [at, heapBytes / 2 ** 20] as const) },
      { label: "by orders", points: orders.map(({ at, heapBytes }) => [at, heapBytes / 2 ** 20] as const) }
    ]
  }),
  "rows.svg": svg.lines({
    title: "A change of one row, by the rows of its document",
    note: "the whole document is written for it",
    x: { label: "rows of the document", show: thousands },
    y: { label: "µs a change", show: thousands, isLog: true },
    lines: [
      { label: "limit", points: rows.map(({ limitMicros, rows }) => [rows, limitMicros] as const) },
      { label: "handler", points: rows.map(({ micros, rows }) => [rows, micros] as const) }
    ]
  }),
  "sync-state.svg": svg.stackedBars({
    title: "The sync state's share of a stored document",
    note: "% of the bytes of its JSON text",
    parts: ["what readers see", "sync state"],
    show: (value) => `${(value * 100).toFixed(0)} %`,
    groups: [
      {
        label: "rows of a document, and its size",
        bars: rows.map(({ documentBytes, rows, syncBytes }) => ({
          label: `${thousands(rows)}, ${thousands(Math.round(documentBytes / 100) / 10)} kB`,
          values: [1 - syncBytes / documentBytes, syncBytes / documentBytes]
        }))
      }
    ]
  })
})

const growing = (title: string, label: string, points: ReadonlyArray<GrowthPoint>): string =>
  svg.lines({
    title,
    note: "batches of 1,000 changes, six to an order",
    x: { label, show: thousands },
    y: { label: "µs a change", show: String },
    lines: [
      { label: "limit", points: points.map(({ at, limitMicros }) => [at, limitMicros] as const) },
      { label: "handler", points: points.map(({ at, micros }) => [at, micros] as const) }
    ]
  })

const delays = ({ highestPerSecond, loads }: Delay): string =>
  svg.bars({
    title: "From a row's write to its document",
    note: `ms, by the way that changes take; 100 % is ${thousands(Math.round(highestPerSecond))} changes/s`,
    show: (value) => `${value.toFixed(0)} ms`,
    groups: loads.map(({ perSecond, readable, refresh, searchable, way }) => ({
      label: `${way}: ${thousands(Math.round(perSecond))} changes/s`,
      bars: [
        { label: "readable by id, median", value: readable.median },
        { label: "99 %", value: readable.p99 },
        { label: "searchable, median", value: searchable.median },
        { label: "99 % ", value: searchable.p99 },
        { label: "of it refresh, median", value: refresh.median }
      ]
    }))
  })

const thousands = (value: number): string => value.toLocaleString("en")
