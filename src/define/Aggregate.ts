/**
 * An aggregate: all rows that make one document. `make` declares its key, its root and its parts, `derive` adds fields
 * computed from the finished document; `typeof Order.Type` is the document's type.
 */
import { Pipeable, type Result, type Schema } from "effect"
import * as inspection from "./inspection.ts"
import type { Key } from "./Key.ts"
import * as reading from "./reading.ts"
import * as Row from "./Row.ts"

export { many, one, root } from "./Row.ts"
export type { Derived } from "./reading.ts"

type Root = Row.Row<"root">
type Parts = Row.Parts

type Simplify<T> = { readonly [K in keyof T]: T[K] } & {}
type FieldsOf<R> = R extends Row.Row ? R["schema"]["Type"] : {}
type Shown<P extends Parts> = keyof { readonly [K in keyof P as P[K]["hidden"] extends true ? never : K]: unknown }
type Of<P extends Parts, K extends keyof P, Kind extends Row.Kind> = K extends unknown
  ? P[K]["kind"] extends Kind
    ? K
    : never
  : never

/** A row with the parts inside it; a class's values stay its own where there are none. */
type Element<R extends Row.Row> = {} extends R["parts"] ? FieldsOf<R> : Document<R, R["parts"]>
type Whole<R extends Row.Row> = {} extends R["parts"] ? FieldsOf<R> : WholeDocument<R, R["parts"]>

/** The document of a root and its parts. */
export type Document<R, P extends Parts> = Simplify<
  FieldsOf<R> & { readonly [K in Of<P, Shown<P>, "many">]: ReadonlyArray<Element<P[K]>> } & {
    readonly [K in Of<P, Shown<P>, "one">]?: Element<P[K]>
  }
>

/** The same with all parts, those that readers do not see among them. */
export type WholeDocument<R, P extends Parts> = Simplify<
  FieldsOf<R> & { readonly [K in Of<P, keyof P, "many">]: ReadonlyArray<Whole<P[K]>> } & {
    readonly [K in Of<P, keyof P, "one">]?: Whole<P[K]>
  }
>

/** The document as `derive` sees it: all parts, and the fields that were derived before. */
type Derivable<A extends Any> =
  WholeDocument<A["root"], A["parts"]> extends infer W
    ? Simplify<W & Pick<A["Type"], Exclude<keyof A["Type"], keyof W>>>
    : never

type Taken<Name, By extends string> = Row.Taken<Name, By>
type Reserved<K> = Taken<K, "reserved for the sync state">
type Known<T> = Row.Known<T>
type FreeRoot<R> = "_sync" extends Known<FieldsOf<R>> ? Reserved<"_sync"> : Row.WithAttributes<R>
type Free<R, P> = {
  readonly [K in keyof P]: K extends "_sync"
    ? Reserved<K>
    : K extends Known<FieldsOf<R>>
      ? Taken<K, "an attribute of the root">
      : Row.WithAttributes<P[K]>
}
type FreeDerived<D, T> = {
  readonly [K in keyof D]: K extends "_sync"
    ? Reserved<K>
    : K extends Known<T>
      ? Taken<K, "a field of the document">
      : D[K]
}

/** Settings of the aggregate's index; each but the refresh interval is left to the server where it is not given. */
export interface IndexSettings {
  readonly shards?: number
  readonly replicas?: number
  /**
   * The time after which a write shows in searches at the latest, as OpenSearch writes it: `"200ms"`, `"30s"`, `"-1"`
   * for never. Defaults to `"1s"`. The index has it with the first start of a program that has it in its definition.
   */
  readonly refreshInterval?: string
  /** Analyzers, tokenizers and filters that `Mapping.field` refers to by name. */
  readonly analysis?: { readonly [kind: string]: unknown }
}

interface Options<K extends Key, R, P> {
  /** A template of the partition key, `"ORDER#{orderId}"`, or a pair with a prefix of the sort key. */
  readonly key: K
  /** The row that makes the document exist. Without one the document exists while any of its rows does. */
  readonly root?: R
  readonly parts?: P
  readonly index?: IndexSettings
  /** Raise it when the code of a transform or of a derived field changes its meaning: documents are made anew then. */
  readonly revision?: number
}

export interface Aggregate<Name extends string, K extends Key, R extends Root | undefined, P extends Parts, T>
  extends Pipeable.Pipeable {
  readonly name: Name
  readonly key: K
  readonly root: R
  readonly parts: P
  readonly derived: ReadonlyArray<reading.Derived>
  readonly index: IndexSettings
  readonly revision: number
  /**
   * Reads a document as OpenSearch gives it, `Order.decode(hit._source)`, in its type and without the sync state. Fails
   * where it is not of that type, as one that was written under an older schema; no message holds data of a row.
   */
  readonly decode: (source: unknown) => Result.Result<T, reading.WrongType>
  /** The document's type; a type only, there is no value behind it. */
  readonly Type: T
}

export type Any = Aggregate<string, Key, Root | undefined, Parts, any>

/**
 * Declares an aggregate. `name` is the alias under which readers find its documents, so it must be a name OpenSearch
 * takes for an index: lower case, no blanks. What is wrong with it beyond the types is reported by `Table.make`.
 */
export const make = <
  const Name extends string,
  const K extends Key,
  R extends Root | undefined = undefined,
  const P extends Parts = {}
>(
  name: Name,
  options: Options<K, R & NoInfer<FreeRoot<R>>, P & NoInfer<Free<R, P>>>
): Aggregate<Name, K, R, P, Document<R, P>> =>
  build({
    name,
    key: options.key,
    root: options.root as R,
    parts: (options.parts ?? {}) as P,
    derived: [],
    index: options.index ?? {},
    revision: options.revision ?? 0
  })

/**
 * Adds fields computed from the finished document, on each write, its hidden parts included. `compute` must be pure. If
 * it throws, gives what JSON or its schema can't hold, or a stored row is not one that the newest schema takes, the
 * document is written without these fields and those of the steps after them, and the log says so.
 */
export const derive =
  <A extends Any, const D extends Row.Fields>(
    fields: D & NoInfer<FreeDerived<D, Derivable<A>>>,
    compute: (document: Derivable<A>) => Schema.Struct<D>["Type"]
  ) =>
  (self: A): Aggregate<A["name"], A["key"], A["root"], A["parts"], Simplify<A["Type"] & Schema.Struct<D>["Type"]>> =>
    build({ ...self, derived: [...self.derived, { fields: fields as Row.Fields, compute }] })

const build = <N extends string, K extends Key, R extends Root | undefined, P extends Parts, T>(
  declared: Omit<Aggregate<N, K, R, P, T>, "pipe" | "Type" | "decode">
): Aggregate<N, K, R, P, T> => {
  const self = Object.assign(Object.create(prototype), declared)
  return Object.assign(self, { decode: (source: unknown) => reading.decode(self, source) })
}

const prototype = inspection.define(
  Object.create(Pipeable.Prototype),
  ({ key, name }: Any) => `${name} ${typeof key === "string" ? key : key.join(" | ")}`
)
