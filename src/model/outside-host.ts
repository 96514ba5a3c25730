const PUBLIC_SUFFIX = /\.(?:com|net|org|info|biz|dev|app|cloud|internal|corp|lan|intranet|tech|online|site|(?!db$|qa$|ns$)[a-z]{2})$/i;

/**
 * Whether a host is surely outside the cluster. A name of two labels may be `service.namespace`, and one that doesn't end like a
 * domain may be a pod's; an address may be a Service's, so only names count.
 */
export function isOutside(host: string): boolean {
  if (/^[\d.]+$/.test(host) || host.split('.').length < 3) return false;
  return !/(?:^|\.)svc(?:\.|$)|\.local$|\.localdomain$/i.test(host) && PUBLIC_SUFFIX.test(host);
}
