/** How hard a password is to guess: 1 (short) to 4; length counts for more than odd characters. */
export type Strength = 1 | 2 | 3 | 4;

export const LONGEST: Strength = 4;

export function strength(password: string): Strength {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((each) => each.test(password));
  const distinct = new Set(password).size;
  if (password.length < 8 || distinct < 5) return 1;
  const points = password.length + 2 * (kinds.length - 1);
  if (points < 12) return 2;
  return points < 18 ? 3 : LONGEST;
}
