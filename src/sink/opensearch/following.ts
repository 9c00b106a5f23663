/**
 * The reports of programs that follow the stream, as a generation's state keeps them: who writes here, and where
 * changes may have been lost before anybody read them. A stream keeps a record for a day (doc "Change data capture for
 * DynamoDB Streams"), so what is seen late may be the rest of something. Pure.
 */
import { Duration } from "effect"
import * as IsoTime from "../../IsoTime.ts"
import type { News } from "../Sink.ts"
import { otherSource, type Sourced, tableOf } from "./generationOf.ts"
import { mark, type State } from "./State.ts"

/** The time between two reports of a program that it is at work. */
export const reportEvery = Duration.toMillis("1 minute")

/** Without a report for this long a program counts as stopped. */
const silence = Duration.toMillis("1 hour")

/** A first record of this age, after a silence, may have had others before it that the stream did not keep. */
const late = Duration.toMillis("20 hours")

/** A report: by which definition, when (epoch milliseconds), and what it says. */
export interface Report {
  readonly hash: string
  readonly now: number
  /** The number of the newest generation that the program knows of. */
  readonly newest: number
  readonly news: News
}

/** Tells whether a report may have to say that changes are lost, so that it must not be put off. */
export const mayBeGap = ({ gap, oldestAt }: News, now: number): boolean =>
  gap !== undefined || (oldestAt !== undefined && now - oldestAt > late)

/** The state after a report; the very same where it says nothing that is not known. */
export const report = (state: State, told: Report): State => {
  const { hash, news, newest, now } = told
  const last = lastReport(state)
  const isResumed = last !== undefined && now - last > silence
  const resumedAt = isResumed ? now : state.resumedAt
  const heard = state.writers[hash]
  const isKnown = heard !== undefined && heard.newest >= newest && now - heard.at < reportEvery
  const writers = isKnown ? state.writers : { ...state.writers, [hash]: { at: now, newest } }
  const reported =
    isKnown && resumedAt === state.resumedAt
      ? state
      : { ...state, writers, ...(resumedAt === undefined ? {} : { resumedAt }) }
  const gap = news.gap ?? gapBefore(state, last, resumedAt, news.oldestAt, now)
  const noted = noteLate(reported, last, told)
  return gap === undefined ? noted : mark(noted, "verificationDue", now, gap)
}

/** A change of this age at hand says that its shard is behind. */
const lateAfter = Duration.toMillis("30 seconds")

/** Tells whether a report says that a shard is behind: one process reads several, so it is told of each anew. */
export const isLate = ({ oldestAt }: News, now: number): boolean => oldestAt !== undefined && now - oldestAt > lateAfter

/**
 * The time at which the oldest change was made that may wait now: one at hand, or, where nobody reported for some
 * minutes, any since the last report; `undefined` where nothing is late.
 */
const waitingFrom = (last: number | undefined, { news, now }: Report): number | undefined => {
  const atHand = isLate(news, now) ? news.oldestAt! : Number.POSITIVE_INFINITY
  const unread = last === undefined ? now - keptAtMost : now - last > seenAfter ? last : Number.POSITIVE_INFINITY
  const oldest = Math.min(atHand, unread)
  return oldest === Number.POSITIVE_INFINITY ? undefined : oldest
}

/** Of several that are late within some minutes the one furthest behind counts. */
const noteLate = (state: State, last: number | undefined, report: Report): State => {
  const oldestAt = waitingFrom(last, report)
  if (oldestAt === undefined) return state
  const { now } = report
  const { late } = state
  // Followed for some minutes without being late.
  if (late === undefined || last === undefined || last - late.at > seenAfter) {
    return { ...state, late: { from: now, at: now, oldestAt } }
  }
  if (now - late.from > seenAfter) return { ...state, late: { from: now, at: now, oldestAt, before: late.oldestAt } }
  if (now - late.at < reportEvery && late.oldestAt <= oldestAt) return state
  return { ...state, late: { ...late, at: now, oldestAt: Math.min(late.oldestAt, oldestAt) } }
}

/**
 * Lambda hands over the records of each shard again and again until they are settled, with minutes between two tries at
 * most. So whoever follows the stream says within this time that a shard is behind.
 */
const seenAfter = Duration.toMillis("5 minutes")

/** A stream keeps a record for a day; this is an hour more. */
const keptAtMost = Duration.toMillis("25 hours")

/**
 * Tells whether the stream was seen past a time: all that changed before it was delivered, or is lost. Somebody
 * followed it for some minutes since, and nothing as old was at hand in the last ones; or the stream does not keep it
 * any more.
 */
export const isSeenPast = (state: State, time: number, now: number): boolean => {
  if (now - time > keptAtMost) return true
  const last = lastReport(state)
  if (last === undefined || last - time <= seenAfter) return false
  const { late } = state
  if (late === undefined || last - late.at > seenAfter) return true
  return Math.min(late.oldestAt, late.before ?? Number.POSITIVE_INFINITY) > time
}

/** The time at which any program last reported, in epoch milliseconds. */
export const lastReport = ({ writers }: State): number | undefined => {
  const times = Object.values(writers).map(({ at }) => at)
  return times.length === 0 ? undefined : Math.max(...times)
}

/**
 * The gap that may stand before the oldest record at hand. It counts just after a silence, in which each of the shards
 * gives its first record; one that lags all the time is read without a gap. A generation that has rows and no report
 * counts as silent: a report may be put off, and over what a stream wrote before a gap no backfill writes.
 */
const gapBefore = (
  { filled, source }: State,
  last: number | undefined,
  resumedAt: number | undefined,
  oldestAt: number | undefined,
  now: number
): string | undefined => {
  if (oldestAt === undefined || now - oldestAt <= late) return undefined
  const isAfterSilence =
    last === undefined ? filled || source !== null : resumedAt !== undefined && now - resumedAt <= silence
  if (!isAfterSilence) return undefined
  const since =
    last === undefined
      ? "nobody followed the stream before"
      : `nobody followed the stream since ${IsoTime.format(last)}`
  return `${since}, and the first record read then was made at ${IsoTime.format(oldestAt)}: the stream keeps a day`
}

/**
 * Tells whether programs that follow the stream write a generation's successor too. Where they know of it and leave it
 * out, or have left it out for an hour, readers led to it would see no change any more. Where nobody reported since it
 * was made, nothing is known; nor where it is made from another table: whoever follows the live one's can't write it.
 */
export type Succession = "written" | "left out" | "unknown"

/** `number` is the successor's, counted from 1. */
export const succession = (live: Sourced, successor: Sourced, number: number): Succession => {
  const written = lastReport(successor.state)
  const isOther = otherSource(live, tableOf(successor)) !== undefined
  if (written !== undefined) {
    const isLeftOut = !isOther && (lastReport(live.state) ?? written) - written > silence
    return isLeftOut ? "left out" : "written"
  }
  if (isOther) return "unknown"
  return Object.values(live.state.writers).some(({ newest }) => newest >= number) ? "left out" : "unknown"
}
