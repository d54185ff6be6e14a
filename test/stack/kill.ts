import { setTimeout as delay } from "node:timers/promises";

/** Who is killed in the middle of a run. */
export const victims = ["all", "cli", "provider", "server"] as const;
export type Victim = (typeof victims)[number];

/** Returns numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Reads a whole number from the environment. */
export function numberFrom(variable: string, otherwise: number): number {
  const value = Number(process.env[variable] || otherwise);
  if (!Number.isInteger(value) || value < 0) {
    throw new Error(`${variable} is "${process.env[variable]}", and must be a whole number.`);
  }
  return value;
}

/** Waits until something is so, or fails. */
export async function until(isSo: () => boolean, what: string, seconds = 60): Promise<void> {
  for (const start = performance.now(); !isSo(); ) {
    if (performance.now() - start > seconds * 1000) {
      throw new Error(`waited ${seconds} s in vain for ${what}`);
    }
    await delay(5);
  }
}
