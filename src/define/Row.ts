/** The kinds of rows an aggregate is made of: its root, and its parts, of which there may be many or one. */
import { Schema } from "effect"

export type Kind = "root" | "many" | "one"

/** A schema that needs no services: a `Schema.Struct`, a class, either with renamed keys, or a union of these. */
export type AnySchema = Schema.Codec<any, any>

/** The declaration of one kind of row. `template` is its sort key's; `undefined` for the row at the key itself. */
export interface Row<
  K extends Kind = Kind,
  T extends string | undefined = string | undefined,
  S extends Schema.Constraint = Schema.Constraint,
  P extends Parts = Parts,
  H extends boolean = boolean
> {
  readonly kind: K
  readonly template: T
  readonly schema: S
  readonly type: Type | undefined
  readonly where: Schema.Decoder<unknown> | undefined
  /** The parts inside each of these rows. Their templates go on after this one's. */
  readonly parts: P
  /** True for rows that `derive` reads and readers do not see. */
  readonly hidden: H
}

/** Parts by the fields that show them. */
export interface Parts {
  readonly [field: string]: Row<"many" | "one">
}

/** Texts that attributes of a row hold, by their names; a text alone is that of the table's `typeAttribute`. */
export type Type = string | { readonly [attribute: string]: string }

export interface Options {
  /**
   * The attribute that tells rows of this kind from others with the same keys, and its text: `{ entity: "comment" }`;
   * or the text alone, `"comment"`, where the table names its `typeAttribute`. A row of another type is not of this
   * kind; checked before `where`. Defaults to every row.
   */
  readonly type?: Type
  /**
   * A schema of the attributes that a row must match to count, names in its key among them; checked before the rest is
   * decoded. A row that does not match counts as removed: drafts, soft deletes. One whose attributes can't be read by
   * it is refused. Defaults to every row.
   */
  readonly where?: Schema.Decoder<unknown>
}

/** Options of a part. */
export interface PartOptions<P, H> extends Options {
  /**
   * Parts inside each row of this one, shown inside its object: rows whose sort key goes on after this row's own. Their
   * templates are written from there on: `"#REACTION#{u}"` inside `"COMMENT#{c}"` is `COMMENT#{c}#REACTION#{u}`. Rows
   * whose outer row is absent wait, unseen. Defaults to none.
   */
  readonly parts?: P
  /**
   * Keeps the part out of what readers see and of the mapping: `derive` alone reads it, to count its rows or to show
   * them in another form. Defaults to `false`.
   */
  readonly hidden?: H
}

type FreeInner<F, P> = {
  readonly [K in keyof P]: K extends Known<ToSchema<F>["Type"]>
    ? Taken<K, "an attribute of the outer row">
    : WithAttributes<P[K]>
}

/** A row whose schema names its attributes, or the sentence of one that is of a plain value. */
export type WithAttributes<R> = R extends { readonly schema: { readonly Type: infer T } }
  ? IsPlain<T> extends true
    ? "a row has attributes: give the value the name of one, { name: schema }"
    : R
  : R

/** True for no type that may be anything. */
type IsPlain<T> = 0 extends 1 & T ? false : [T] extends [Plain] ? true : false
type Plain = string | number | bigint | boolean | null | undefined | ReadonlyArray<unknown>

/** The sentence of a name that is taken, as a type. */
export type Taken<Name, By extends string> = `field "${Name & string}" is already ${By}`

/** The names that a type tells; a record made at run time tells none, and `Table.make` looks at those. */
export type Known<T> = T extends unknown
  ? keyof {
      [K in keyof T as string extends K ? never : number extends K ? never : symbol extends K ? never : K]: unknown
    }
  : never

/** A schema as it is, or a record of fields made into a struct. */
export type ToSchema<F> = F extends Schema.Constraint ? F : F extends Fields ? Schema.Struct<F> : never

/** Schemas by field name, none of which needs services. */
export type Fields = { readonly [name: string]: AnySchema }

type Input = AnySchema | Fields

/**
 * The row that makes the document exist; its attributes are the document's own fields.
 *
 * Takes the template of its sort key and its fields: a record of schemas, a `Schema.Struct`, a class, or a union of
 * these. Without a template it is the row at the aggregate's key itself (a table without a sort key, or a key with a
 * sort-key prefix).
 */
export const root: {
  <const T extends string, const F extends Input>(
    template: T,
    fields: F,
    options?: Options
  ): Row<"root", T, ToSchema<F>, {}, false>
  <const F extends Input>(fields: F, options?: Options): Row<"root", undefined, ToSchema<F>, {}, false>
} = (...args: ReadonlyArray<unknown>): Row<"root", any, any, {}, false> =>
  typeof args[0] === "string"
    ? make("root", args[0], args[1] as Input, args[2] as Options | undefined)
    : make("root", undefined, args[0] as Input, args[1] as Options | undefined)

/** Rows of which an aggregate has any number: an array of objects, in the order of the rows' sort keys. */
export const many = <
  const T extends string,
  const F extends Input,
  const P extends Parts = {},
  const H extends boolean = false
>(
  template: T,
  fields: F,
  options?: PartOptions<P & NoInfer<FreeInner<F, P>>, H>
): Row<"many", T, ToSchema<F>, P, H> => make("many", template, fields, options)

/** A row of which an aggregate shows one: an object. Of several live ones the greatest sort key is shown. */
export const one = <
  const T extends string,
  const F extends Input,
  const P extends Parts = {},
  const H extends boolean = false
>(
  template: T,
  fields: F,
  options?: PartOptions<P & NoInfer<FreeInner<F, P>>, H>
): Row<"one", T, ToSchema<F>, P, H> => make("one", template, fields, options)

const make = <K extends Kind, T extends string | undefined, P extends Parts, H extends boolean>(
  kind: K,
  template: T,
  fields: Input,
  options: PartOptions<P, H> | undefined
): Row<K, T, any, P, H> => ({
  kind,
  template,
  schema: Schema.isSchema(fields) ? fields : Schema.Struct(fields as Fields),
  type: options?.type,
  where: options?.where,
  parts: (options?.parts ?? {}) as P,
  hidden: (options?.hidden ?? false) as H
})
