// Makes the installable extension, a .vsix: the files that run it, and the two descriptions that VS Code asks for.
// VS Code's own packer is not used: a package that it needs has no free licence.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { zipSync } from 'fflate';
import { root } from './paths.mjs';

/** All that goes in beside dist/ and media/. The code is bundled: node_modules stays out. */
const files = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'THIRD_PARTY_NOTICES.md'];
const folders = ['dist', 'media'];

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

const manifest = ({
  name,
  publisher,
  version,
  displayName,
  description,
  categories,
  engines,
  icon,
}) => `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${escape(displayName)}</DisplayName>
    <Description xml:space="preserve">${escape(description)}</Description>
    <Categories>${categories.map(escape).join(',')}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${engines.vscode}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/${icon}</Icon>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Changelog" Path="extension/CHANGELOG.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Icons.Default" Path="extension/${icon}" Addressable="true"/>
  </Assets>
</PackageManifest>
`;

const types = {
  js: 'text/javascript',
  cjs: 'text/javascript',
  mjs: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
  md: 'text/markdown',
  txt: 'text/plain',
  svg: 'image/svg+xml',
  png: 'image/png',
  wasm: 'application/wasm',
  zip: 'application/zip',
  vsixmanifest: 'text/xml',
};

const contentTypes = () => `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${Object.entries(types)
  .map(([extension, type]) => `<Default Extension=".${extension}" ContentType="${type}"/>`)
  .join('')}</Types>
`;

const listed = async () => {
  const found = [];
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isFile() && !entry.name.endsWith('.map') && entry.name !== 'cli.mjs')
        found.push(relative(root, join(entry.parentPath, entry.name)));
    }
  }
  return [...files, ...found.sort()].map((path) => path.split(sep).join('/'));
};

/** The archive's bytes, its file name, and the names within. */
export const makeVsix = async () => {
  const description = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const paths = await listed();
  const contents = await Promise.all(
    paths.map(async (path) => ({
      name: `extension/${path === 'LICENSE' ? 'LICENSE.txt' : path}`,
      bytes: await readFile(join(root, path)),
    })),
  );
  const entries = [
    { name: 'extension.vsixmanifest', bytes: Buffer.from(manifest(description)) },
    { name: '[Content_Types].xml', bytes: Buffer.from(contentTypes()) },
    ...contents,
  ];
  return {
    name: `${description.name}-${description.version}.vsix`,
    bytes: zipSync(Object.fromEntries(entries.map(({ name, bytes }) => [name, bytes]))),
    paths: entries.map(({ name }) => name),
  };
};
