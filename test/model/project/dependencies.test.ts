import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dependency } from '../../../src/model/project/dependency.ts';
import { buildFileKind, readBuildFile, readDependencies } from '../../../src/model/project/read.ts';
import { type SourceFile, sourceFile, textOf } from '../../../src/text/source.ts';

/** Name, version (`?reason` when unknown), scope, source; a `!` when an edit may change the version. The literal must stand where `at` says. */
function row(one: Dependency): string {
  const { version } = one;
  if (version.known && version.at) assert.equal(textOf(version.at), version.value, one.name);
  const text = version.known ? version.value : `?${version.unknown.why === 'outside' ? version.unknown.what : version.unknown.why}`;
  return `${one.name} ${text} ${one.scope} ${one.source}${one.editable ? '!' : ''}`;
}

function file(path: string, text: string): SourceFile {
  return sourceFile(path, text);
}

function rows(path: string, text: string): string[] {
  const found = readDependencies(file(path, text)).map(row);
  const crlf = readDependencies(file(path, text.replaceAll('\n', '\r\n'))).map(row);
  assert.deepEqual(crlf, found, 'the same with CRLF');
  const moved = readDependencies(file(path, `\ufeff${text}`)).map(row);
  assert.deepEqual(moved, found, 'the same behind a byte-order mark');
  return found;
}

const dep = (group: string, artifact: string, rest = ''): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>${rest}</dependency>`;
const version = (text: string): string => `<version>${text}</version>`;

test('pom.xml', () => {
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>com.acmé</groupId><artifactId>orders</artifactId><version>3.1</version>
  <properties><aws>1.12.100</aws><alias>\${aws}</alias><profiled>1</profiled><grpc.version> 1.50.2 </grpc.version></properties>
  <profiles><profile><properties><profiled>2</profiled></properties></profile></profiles>
  <dependencyManagement><dependencies>
    ${dep('io.grpc', 'grpc-bom', `${version('${grpc.version}')}<type>pom</type><scope>import</scope>`)}
    ${dep('org.managed', 'lib', `${version('4.5')}<scope>provided</scope>`)}
    ${dep('com.unseen', 'bom', `${version('1')}<type>pom</type><scope>import</scope>`)}
  </dependencies></dependencyManagement>
  <dependencies>
    ${dep('com.amazonaws', 'aws-java-sdk-s3', version('1.11.5'))}
    ${dep('com.amazonaws', 'aws-java-sdk-sqs', version('${aws}'))}
    ${dep('com.amazonaws', 'aws-java-sdk-sns', version('${alias}'))}
    ${dep('com.amazonaws', 'aws-java-sdk-ec2', version('${profiled}'))}
    ${dep('com.amazonaws', 'aws-java-sdk-sts', version('${nowhere}'))}
    ${dep('${project.groupId}', 'common', version('${project.version}'))}
    ${dep('io.grpc', 'grpc-netty-shaded')}
    ${dep('org.managed', 'lib')}
    ${dep('software.amazon.awssdk', 's3')}
    <!-- ${dep('commented', 'out', version('1'))} -->
    ${dep('junit', 'junit', `${version('4.13')}<scope>test</scope>`)}
  </dependencies>
  <build><plugins><plugin><dependencies>${dep('a', 'plugin', version('1'))}</dependencies></plugin></plugins></build>
</project>`;
  assert.deepEqual(rows('pom.xml', text), [
    'com.amazonaws:aws-java-sdk-s3 1.11.5 compile direct!',
    'com.amazonaws:aws-java-sdk-sqs 1.12.100 compile property!',
    'com.amazonaws:aws-java-sdk-sns 1.12.100 compile property!',
    'com.amazonaws:aws-java-sdk-ec2 ?property profiled compile property',
    'com.amazonaws:aws-java-sdk-sts ?property nowhere compile property',
    'com.acmé:common 3.1 compile property!',
    'io.grpc:grpc-netty-shaded 1.50.2 compile bom!',
    'org.managed:lib 4.5 provided managed!',
    'software.amazon.awssdk:s3 ?BOM com.unseen:bom compile none',
    'junit:junit 4.13 test direct!',
  ]);
  const sns = readDependencies(file('pom.xml', text))[2];
  assert.deepEqual(
    sns?.version.layers.map((layer) => layer.text),
    ['1.12.100', '${aws}', '${alias}'],
  );
  assert.equal(readBuildFile(file('pom.xml', '<project><a></project>'))?.problems.length, 1);
});

test('build.gradle', () => {
  const text = `
buildscript { dependencies { classpath 'com.acme:plugin:1' } }
ext { awsVersion = '1.12.1'; twice = '1' }
ext.twice = "2"
def höhe = 3
ext['grpc.version'] = '1.40.0'
dependencies {
  implementation 'com.amazonaws:aws-java-sdk-s3:1.11.5' // 'x:y:1'
  /* implementation 'x:z:1' */
  api "com.amazonaws:aws-java-sdk-sqs:$awsVersion"
  compile "com.amazonaws:aws-java-sdk-sns:\${awsVersion}"
  compile "com.amazonaws:aws-java-sdk-ec2:\${twice}"
  implementation group: 'io.grpc', name: 'grpc-netty', version: '1.39.0'
  implementation group: 'io.grpc', name: 'grpc-stub', version: awsVersion
  implementation('io.grpc:grpc-core:1.38.0') { exclude group: 'a', module: 'b' }
  implementation 'io.grpc:grpc-protobuf:' + awsVersion
  implementation platform('software.amazon.awssdk:bom:2.17.100')
  implementation 'software.amazon.awssdk:s3'
  testImplementation 'junit:junit:4.13'
  compileOnly "a:provided:1"
  implementation project(':x'),
      'a:first:1', // c
      "a:second:$awsVersion"
  annotationProcessor 'a:processor:1'
}`;
  assert.deepEqual(rows('a/build.gradle', text), [
    'com.acme:plugin 1 build direct!',
    'com.amazonaws:aws-java-sdk-s3 1.11.5 compile direct!',
    'com.amazonaws:aws-java-sdk-sqs 1.12.1 compile property!',
    'com.amazonaws:aws-java-sdk-sns 1.12.1 compile property!',
    'com.amazonaws:aws-java-sdk-ec2 ?variable twice compile property',
    'io.grpc:grpc-netty 1.39.0 compile direct!',
    'io.grpc:grpc-stub 1.12.1 compile property!',
    'io.grpc:grpc-core 1.38.0 compile direct!',
    'io.grpc:grpc-protobuf 1.12.1 compile property!',
    'software.amazon.awssdk:s3 ?no version compile none',
    'junit:junit 4.13 test direct!',
    'a:provided 1 provided direct!',
    'a:first 1 compile direct!',
    'a:second 1.12.1 compile property!',
    'a:processor 1 build direct!',
  ]);
});

test('build.gradle.kts', () => {
  const text = `
val grpcVersion = "1.50.0"
val awsVersion by extra("1.12.5")
extra["nettyVersion"] = "1.2"
dependencies {
    implementation("io.grpc:grpc-netty:$grpcVersion")
    implementation("com.amazonaws:aws-java-sdk-s3:\${property("awsVersion")}")
    implementation(group = "io.netty", name = "netty-all", version = "4.1")
    runtimeOnly("a:b:\${unknown()}")
    "kapt"("a:quoted:1")
}`;
  assert.deepEqual(rows('build.gradle.kts', text), [
    'io.grpc:grpc-netty 1.50.0 compile property!',
    'com.amazonaws:aws-java-sdk-s3 1.12.5 compile property!',
    'io.netty:netty-all 4.1 compile direct!',
    'a:b ?variable ${unknown()} compile property',
  ]);
});

test('libs.versions.toml', () => {
  const text = `[versions]
aws = "1.12.7" # ü
strict = { strictly = "[1.7, 1.8[", prefer = "1.7.25" }
[libraries]
aws-s3 = { module = "com.amazonaws:aws-java-sdk-s3", version.ref = "aws" }
short = "io.grpc:grpc-core:1.51.0"
split = { group = "io.grpc", name = "grpc-stub", version = "1.5" }
rich = { module = "a:b", version.ref = "strict" }
bare = { module = "software.amazon.awssdk:s3" }
lost = { module = "a:lost", version.ref = "nowhere" }
`;
  assert.deepEqual(rows('gradle/libs.versions.toml', text), [
    'com.amazonaws:aws-java-sdk-s3 1.12.7 compile catalogue!',
    'io.grpc:grpc-core 1.51.0 compile catalogue!',
    'io.grpc:grpc-stub 1.5 compile catalogue!',
    'a:b [1.7, 1.8[ compile catalogue!',
    'software.amazon.awssdk:s3 ?no version compile none',
    'a:lost ?version nowhere compile none',
  ]);
});

test('gradle.lockfile', () => {
  const text =
    '# This is a Gradle generated file\ncom.amazonaws:aws-java-sdk-s3:1.12.1=compileClasspath,runtimeClasspath\njunit:junit:4.13=testCompileClasspath\nempty=annotationProcessor\n';
  assert.deepEqual(rows('gradle.lockfile', text), ['com.amazonaws:aws-java-sdk-s3 1.12.1 compile lock', 'junit:junit 4.13 test lock']);
});

test('requirements.txt', () => {
  const text = `# ü
boto3==1.20.0
Botocore[crt] == 1.23.0 ; python_version < "3.10"  # c
grpcio>=1.40,<2
grpc_tools
-r other.txt
--index-url https://example.com
./local
https://example.com/x.whl
pkg @ https://example.com/p.whl
urllib3==1.26.0 \\
    --hash=sha256:aa
  six ~= 1.16
`;
  assert.deepEqual(rows('requirements.txt', text), [
    'boto3 1.20.0 compile direct!',
    'botocore 1.23.0 compile direct!',
    'grpcio >=1.40,<2 compile direct',
    'grpc-tools ?no version compile none',
    'pkg ?a URL compile none',
    'urllib3 1.26.0 compile direct',
    'six ~= 1.16 compile direct',
  ]);
  assert.deepEqual(rows('requirements-dev.txt', 'boto3==1'), ['boto3 1 dev direct!']);
});

test('poetry.lock, uv.lock and Pipfile.lock', () => {
  const lock =
    '[[package]]\nname = "Botocore"\nversion = "1.23.0"\n[package.dependencies]\nurllib3 = ">=1"\n[[package]]\nname = "pytest"\nversion = "7"\ncategory = "dev"\n[[package]]\nname = "p2"\nversion = "7"\ngroups = ["dev"]\n[metadata]\n';
  assert.deepEqual(rows('poetry.lock', lock), ['botocore 1.23.0 compile lock', 'pytest 7 dev lock', 'p2 7 dev lock']);
  const uv =
    'version = 1\n[[package]]\nname = "app"\nversion = "0"\nsource = { editable = "." }\n[[package]]\nname = "grpcio"\nversion = "1.60.0"\nsource = { registry = "https://example.com" }\n';
  assert.deepEqual(rows('uv.lock', uv), ['grpcio 1.60.0 compile lock']);
  const pipfile =
    '{"_meta": {}, "default": {"boto3": {"hashes": [], "version": "==1.20.1"}, "local": {"path": "."}}, "develop": {"pytest": {"version": "==7.0"}}}';
  assert.deepEqual(rows('Pipfile.lock', pipfile), ['boto3 1.20.1 compile lock', 'pytest 7.0 dev lock']);
});

test('pyproject.toml', () => {
  const text = `[project]
name = "ördérs"
dependencies = ["boto3>=1.20", "grpcio==1.50.0", "plain"]
[project.optional-dependencies]
aws = ["botocore==1.24.0"]
[dependency-groups]
dev = ["pytest==7", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.9"
requests = "^2.1"
kafka = { version = "1.2", extras = ["x"] }
any = "*"
[tool.poetry.group.dev.dependencies]
black = "==22.1"
`;
  assert.deepEqual(rows('pyproject.toml', text), [
    'boto3 >=1.20 compile direct',
    'grpcio 1.50.0 compile direct!',
    'plain ?no version compile none',
    'botocore 1.24.0 compile direct!',
    'pytest 7 dev direct!',
    'requests ^2.1 compile direct!',
    'kafka 1.2 compile direct!',
    'any ?no version compile none',
    'black 22.1 dev direct!',
  ]);
});

test('go.mod', () => {
  const text = `module example.com/shop/orders // ü
go 1.21.3
toolchain go1.22.0
require github.com/aws/aws-sdk-go v1.38.0
require (
	google.golang.org/grpc v1.50.0
	"example.com/quoted" v1.0.0
	example.com/i v0.1.0 // indirect
	example.com/fork v1.0.0
	example.com/local v1.0.0
)
exclude example.com/i v0.0.1
replace google.golang.org/grpc => google.golang.org/grpc v1.49.0
replace (
	example.com/fork v1.0.0 => example.com/other v2.0.0
	example.com/local => ../local
	example.com/i v0.9.9 => example.com/i v0.0.2
)
`;
  assert.deepEqual(rows('go.mod', text), [
    'go 1.21.3 build direct!',
    'toolchain 1.22.0 build direct!',
    'github.com/aws/aws-sdk-go v1.38.0 compile direct!',
    'google.golang.org/grpc v1.49.0 compile direct!',
    'example.com/quoted v1.0.0 compile direct!',
    'example.com/i v0.1.0 compile direct!',
    'example.com/fork ?replaced by example.com/other compile none',
    'example.com/local ?replaced by ../local compile none',
  ]);
  assert.equal(readBuildFile(file('go.mod', text))?.complete, true);
  assert.equal(readBuildFile(file('go.mod', 'module a\ngo 1.16\n'))?.complete, false);
  assert.deepEqual(
    readDependencies(file('go.mod', text))
      .filter((one) => !one.declared)
      .map((one) => one.name),
    ['example.com/i'],
  );
});

test('package.json and package-lock.json', () => {
  const text =
    '{"name": "ü", "dependencies": {"@grpc/grpc-js": "^1.8.0", "git": "github:a/b", "w": "workspace:*", "al": "npm:real@1.2.3"}, "devDependencies": {"typescript": "5.0.0"}}';
  assert.deepEqual(rows('package.json', text), [
    '@grpc/grpc-js ^1.8.0 compile direct!',
    'git ?github:a/b compile none',
    'w ?workspace:* compile none',
    'real 1.2.3 compile direct!',
    'typescript 5.0.0 dev direct!',
  ]);
  const lock =
    '{"lockfileVersion": 3, "packages": {"": {"version": "9"}, "node_modules/a/node_modules/@grpc/grpc-js": {"version": "1.2.0"}, "node_modules/@grpc/grpc-js": {"version": "1.8.4"}, "node_modules/t": {"version": "5.0.0", "dev": true}, "packages/x": {"version": "1"}}}';
  assert.deepEqual(rows('package-lock.json', lock), [
    '@grpc/grpc-js 1.8.4 compile lock',
    't 5.0.0 dev lock',
    '@grpc/grpc-js 1.2.0 compile lock',
  ]);
  const old =
    '{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}}, "b": {"version": "3.0.0"}}}';
  assert.deepEqual(rows('package-lock.json', old), ['a 1.0.0 compile lock', 'b 3.0.0 compile lock', 'b 2.0.0 compile lock']);
});

test('which paths are build files', () => {
  const table: [string, string | undefined][] = [
    ['a/pom.xml', 'pom'],
    ['requirements-prod.txt', 'requirements'],
    ['requirements/base.txt', 'requirements'],
    ['gradle/libs.versions.toml', 'gradle-catalogue'],
    ['npm-shrinkwrap.json', 'package-lock'],
    ['a.txt', undefined],
    ['Cargo.lock', undefined],
  ];
  for (const [path, expected] of table) assert.equal(buildFileKind(path), expected, path);
});
