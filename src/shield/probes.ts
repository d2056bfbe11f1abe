/**
 * What scanners ask for and this gateway never serves, in lower case. The extensions of what it does serve (js, css,
 * json, html, svg, ico, png, webmanifest, woff2, map, txt, xml, yaml) must not be here.
 */

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Programs that would run on a web server of another make. */
export const SCRIPT_EXTENSIONS = words(`
  php php3 php4 php5 php7 php8 phps phar phtml pht asp aspx asa asax ascx ashx asmx axd cer jsp jspa jspx jsw jhtml
  do action cfm cfml cfc cgi fcgi pl pm py pyc rb erb lua sh bash zsh bat cmd ps1 psm1 vbs exe dll com msi jar war ear
  class htaccess htpasswd inc tpl
`);

/** Copies, archives, databases, keys and settings left lying about. */
export const DUMP_EXTENSIONS = words(`
  sql sqlite sqlite3 db db3 mdb accdb dump dmp bak backup bkp old orig save swp swo tmp temp tar tgz gz bz2 xz zip rar
  7z log ini cfg conf cnf config env properties pem key p12 pfx jks ppk kdbx tfstate tfvars
`);

/** Files by their whole name. */
export const FILE_NAMES = words(`
  passwd shadow win.ini boot.ini id_rsa id_dsa id_ed25519 authorized_keys web.config composer.json composer.lock
  package.json package-lock.json yarn.lock docker-compose.yml docker-compose.yaml dockerfile jenkinsfile makefile
  credentials.json secrets.json appsettings.json sftp-config.json wp-config swagger-ui.html thumbs.db
`);

/** Panels, frameworks and devices, as one segment of the path. */
export const PANELS = words(`
  wp-admin wp-login wp-content wp-includes wp-json wordpress xmlrpc phpmyadmin pma myadmin mysqladmin dbadmin adminer
  phppgadmin pgadmin administrator cpanel whm webmin plesk cgi-bin server-status server-info jmx-console web-console
  web-inf meta-inf actuator jolokia hudson solr struts boaform goform hnap1 gponform setup.cgi _ignition _profiler
  telescope phpunit druid nacos owa autodiscover ecp geoserver confluence cgi-sys sdk-vmware
`);
