/** How a script is managed: what the state keeps of it, and Celigo does not know. The first value is the default. */
export const policies = {
  /** What happens on create when the account already has a script of that name that no resource of this run owns. */
  onNameTaken: ["fail", "adopt", "create"],
  /** What happens on update and delete when the script was changed in Celigo since the last refresh. */
  onConflict: ["fail", "overwrite"],
  /** What happens on delete when other resources in Celigo use the script. */
  onDependents: ["fail", "delete"],
} as const;

type Policies = typeof policies;
/** What happens on create when the account already has a script of that name that no resource of this run owns. */
export type OnNameTaken = Policies["onNameTaken"][number];
/** What happens on update and delete when the script was changed in Celigo since the last refresh. */
export type OnConflict = Policies["onConflict"][number];
/** What happens on delete when other resources in Celigo use the script. */
export type OnDependents = Policies["onDependents"][number];
/** How a script is managed: what the state keeps of it, and Celigo does not know. */
export type Management = { readonly [Name in keyof Policies]?: Policies[Name][number] };

/** Picks from inputs or outputs what says how the script is managed. */
export function managementOf(values: Management | Readonly<Record<string, unknown>>): Management {
  const names = Object.keys(policies) as (keyof Management)[];
  return Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
}
