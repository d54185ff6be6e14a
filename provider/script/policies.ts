/** The values of {@link OnNameTaken}. */
export const onNameTakenValues = ["fail", "adopt", "create"] as const;
/** What happens on create when the account already has a script of that name that no resource of this run owns. */
export type OnNameTaken = (typeof onNameTakenValues)[number];

/** The values of {@link OnConflict}. */
export const onConflictValues = ["fail", "overwrite"] as const;
/** What happens on update and delete when the script was changed in Celigo since the last refresh. */
export type OnConflict = (typeof onConflictValues)[number];

/** The values of {@link OnDependents}. */
export const onDependentsValues = ["fail", "delete"] as const;
/** What happens on delete when other resources in Celigo use the script. */
export type OnDependents = (typeof onDependentsValues)[number];

/** How a script is managed: what Pulumi keeps of it, and Celigo does not know. */
export interface Management {
  /** What happens on create when the account already has a script of the name. */
  readonly onNameTaken?: OnNameTaken;
  /** What happens on update and delete when the script was changed in Celigo since the last refresh. */
  readonly onConflict?: OnConflict;
  /** What happens on delete when other resources in Celigo use the script. */
  readonly onDependents?: OnDependents;
}

const managementNames = ["onNameTaken", "onConflict", "onDependents"] as const satisfies readonly (keyof Management)[];

/** Picks from inputs or outputs what says how the script is managed. */
export function managementOf(values: Management | Readonly<Record<string, unknown>>): Management {
  const entries = managementNames.map((name) => [name, values[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Returns outputs with another management, of which the server knows nothing. */
export function manageAs<Outputs extends Management>(outputs: Outputs, management: Management): Outputs {
  const others = Object.entries(outputs).filter(([name]) => !managementNames.some((managed) => managed === name));
  return { ...(Object.fromEntries(others) as Outputs), ...managementOf(management) };
}
