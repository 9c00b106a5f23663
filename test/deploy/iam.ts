/** A small part of how IAM judges: policies that allow, with wildcards, and neither conditions nor denials. */
import type { Policy, Statement } from "../../src/deploy/policies.ts"

/** A call as IAM sees it. */
export interface Call {
  /** `dynamodb:Scan`. */
  readonly action: string
  readonly resource: string
}

const matches = (pattern: string, text: string): boolean => {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.?+^$[\](){}|\\]/g, "\\$&"))
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text)
}

/** One thing that a policy allows: an action on a resource. */
export interface Allowed {
  readonly sid: string
  readonly action: string
  readonly resource: string
}

export const allowedBy = ({ Statement }: Policy): ReadonlyArray<Allowed> =>
  Statement.flatMap(({ Action, Resource, Sid }: Statement) =>
    Action.flatMap((action) => Resource.map((resource) => ({ sid: Sid, action, resource })))
  )

export const allows = (allowed: Allowed, call: Call): boolean =>
  matches(allowed.action, call.action) && matches(allowed.resource, call.resource)

/** The calls that a policy does not allow. */
export const refused = (policy: Policy, calls: ReadonlyArray<Call>): ReadonlyArray<Call> => {
  const allowed = allowedBy(policy)
  return calls.filter((call) => !allowed.some((one) => allows(one, call)))
}

/** Parts of a policy that no call needs. */
export const unused = (policy: Policy, calls: ReadonlyArray<Call>): ReadonlyArray<Allowed> =>
  allowedBy(policy).filter((one) => !calls.some((call) => allows(one, call)))
