/** The time zone of the process, which a document must not depend on. */

/** UTC, one ahead of it, and one behind it by an odd half hour. */
export const zones = ["UTC", "Asia/Tokyo", "America/St_Johns"]

/** Runs a function as in a process of that zone. */
export const inZone = <A>(zone: string, f: () => A): A => {
  const restore = enter(zone)
  try {
    return f()
  } finally {
    restore()
  }
}

/** The same for one that takes its time. */
export const inZoneAsync = async <A>(zone: string, f: () => Promise<A>): Promise<A> => {
  const restore = enter(zone)
  try {
    return await f()
  } finally {
    restore()
  }
}

const enter = (zone: string): (() => void) => {
  const before = process.env["TZ"]
  process.env["TZ"] = zone
  return () => {
    if (before === undefined) delete process.env["TZ"]
    else process.env["TZ"] = before
  }
}

/** What a function gives in each zone. */
export const inZones = <A>(f: () => A): ReadonlyArray<A> => zones.map((zone) => inZone(zone, f))
