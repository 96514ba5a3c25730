import type { Repository, Unit } from '../model/unit.ts';

/** Whether a unit is made from a file, among others. */
export function isMadeFrom(unit: Unit, path: string): boolean {
  return (
    unit.objects.some((object) => object.file.path === path || object.root.file.path === path) ||
    unit.files.some((parsed) => parsed.file.path === path) ||
    unit.releases.some((release) => release.file.path === path) ||
    unit.containers.some((container) => container.at.file.path === path)
  );
}

/** Ids of the units that a file has a part in. */
export function unitIdsOf(repository: Repository, path: string): string[] {
  return repository.units.filter((unit) => isMadeFrom(unit, path)).map((unit) => unit.id);
}
