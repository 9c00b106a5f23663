/** Text that is shown to people, on a terminal, in a pipe or in a log. Pure. */

/**
 * A line of which nothing acts on a terminal, ends the line, turns the reading direction, or is not seen: each such
 * character stands as `\u001b`. A line of JSON stays JSON with the same values.
 */
export const printable = (line: string): string => line.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escape)

const escape = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")
