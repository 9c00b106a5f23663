import type { Shape } from "./Shape.ts"

/** A document by what its rows' keys say: the aggregate, and which one of it. */
export interface DocumentRef {
  readonly shape: Shape
  /** The document's id. */
  readonly id: string
  /** The whole key, where `id` is only its hash. */
  readonly longKey: string | undefined
}
