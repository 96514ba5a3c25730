import type { SourceFile } from '../../text/source.ts';
import type { BuildFile, Dependency } from './dependency.ts';
import { readGoMod } from './go-module.ts';
import { gradleVariables, readCatalogue, readGradleLock, readGradleScript } from './gradle.ts';
import { readPom, resolvePom } from './maven.ts';
import { readPackageJson, readPackageLock } from './node-package.ts';
import { readPipfileLock, readPyproject, readPythonLock, readRequirements } from './python.ts';

export type BuildFileKind =
  | 'pom'
  | 'gradle'
  | 'gradle-properties'
  | 'gradle-catalogue'
  | 'gradle-lock'
  | 'requirements'
  | 'python-lock'
  | 'pipfile-lock'
  | 'pyproject'
  | 'go-mod'
  | 'package-json'
  | 'package-lock';

/** What kind of build or lock file a path names; `undefined` for others. */
export function buildFileKind(path: string): BuildFileKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  switch (name) {
    case 'pom.xml':
      return 'pom';
    case 'build.gradle':
    case 'build.gradle.kts':
      return 'gradle';
    case 'gradle.properties':
      return 'gradle-properties';
    case 'gradle.lockfile':
      return 'gradle-lock';
    case 'poetry.lock':
    case 'uv.lock':
      return 'python-lock';
    case 'Pipfile.lock':
      return 'pipfile-lock';
    case 'pyproject.toml':
      return 'pyproject';
    case 'go.mod':
      return 'go-mod';
    case 'package.json':
      return 'package-json';
    case 'package-lock.json':
    case 'npm-shrinkwrap.json':
      return 'package-lock';
  }
  if (name.endsWith('.versions.toml')) return 'gradle-catalogue';
  if (/^requirements.*\.(?:txt|in)$/u.test(name) || /(?:^|\/)requirements\/[^/]+\.txt$/u.test(path)) return 'requirements';
  return undefined;
}

/** Reads one build or lock file for itself: what another file would have to say (a parent pom, a catalogue) is unknown. */
export function readBuildFile(file: SourceFile): BuildFile | undefined {
  switch (buildFileKind(file.path)) {
    case 'pom': {
      const result = readPom(file);
      return result.ok
        ? resolvePom(result.pom)
        : { file, ecosystem: 'maven', dependencies: [], complete: false, problems: [result.problem] };
    }
    case 'gradle':
      return {
        file,
        ecosystem: 'maven',
        dependencies: readGradleScript(file, gradleVariables([file]), undefined).dependencies,
        complete: false,
        problems: [],
      };
    case 'gradle-catalogue':
      return readCatalogue(file);
    case 'gradle-lock':
      return readGradleLock(file);
    case 'requirements':
      return readRequirements(file);
    case 'python-lock':
      return readPythonLock(file);
    case 'pipfile-lock':
      return readPipfileLock(file);
    case 'pyproject':
      return readPyproject(file);
    case 'go-mod':
      return readGoMod(file);
    case 'package-json':
      return readPackageJson(file);
    case 'package-lock':
      return readPackageLock(file);
    default:
      return undefined;
  }
}

/** The dependencies that one file names; see {@link readBuildFile}. For the versions that hold in a component use `resolveDependencies`. */
export function readDependencies(file: SourceFile): readonly Dependency[] {
  return readBuildFile(file)?.dependencies ?? [];
}
