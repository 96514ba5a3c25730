/** Whether a file is a copy of others' code, or was installed: it is nobody's to judge or to edit. */
export function isVendoredPath(path: string): boolean {
  return /(?:^|\/)(?:vendor|node_modules|third_party|site-packages|\.venv|venv|\.yarn)\//.test(path);
}
