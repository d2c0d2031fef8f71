export interface Person {
  id: number;
  nickname?: string | null;
  username?: string | null;
  email?: string | null;
}

/** What people call a user. */
export const nameOf = (person: Person) =>
  person.nickname || person.username || person.email || String(person.id);
