//! The importer as a whole, on files in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Converted, Tree, convert_from};

/// Files by their paths.
struct Memory(BTreeMap<String, String>);

impl Tree for Memory {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let found = self.0.get(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(found.clone().into_bytes())
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let start = format!("{}/", directory.trim_end_matches('/'));
        let inside = self.0.keys().filter_map(|path| path.strip_prefix(&start));
        let mut names: Vec<String> =
            inside.filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
        names.dedup();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }

    fn is_directory(&self, path: &str) -> bool {
        self.list(path).is_ok()
    }

    fn shown(&self, path: &str) -> String {
        path.to_owned()
    }

    fn variable(&self, name: &str) -> Option<String> {
        (name == "FROM_OUTSIDE").then(|| "9999".to_owned())
    }
}

fn files(files: &[(&str, &str)]) -> Converted {
    let memory = Memory(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect());
    convert_from(&memory, files[0].0).unwrap()
}

/// One file that listens on port 80.
fn one(text: &str) -> Converted {
    files(&[("/etc/apache2/site.conf", &format!("Listen 80\n{text}"))])
}

/// The same, all of it carried over.
fn whole(text: &str) -> String {
    let converted = one(text);
    assert!(converted.problems.is_empty(), "{:?}", converted.problems);
    converted.text
}

/// The problems, without the file's name.
fn problems(text: &str) -> Vec<String> {
    let told = one(text).problems;
    told.iter().map(|problem| problem.to_string().replace("/etc/apache2/site.conf:", "")).collect()
}

fn has(text: &str, line: &str) {
    assert!(text.lines().any(|found| found.trim() == line), "no line '{line}' in\n{text}");
}

#[test]
fn one_line_becomes_one_backend_with_its_place_above() {
    let text = whole("ServerName www.example.com\nProxyPass / http://app:8080/\n");
    has(&text, "# /etc/apache2/site.conf:3  ProxyPass / http://app:8080/");
    has(&text, "default_backend app_8080");
    has(&text, "server app:8080 app:8080");
    has(&text, "http-request set-header Host app:8080");
    has(
        &text,
        "http-request set-header X-Forwarded-Server www.example.com if !{ req.hdr(X-Forwarded-Server) -m found }",
    );
}

#[test]
fn what_is_not_carried_over_stands_at_the_end() {
    let converted = one("ProxyPass / http://app/\nFancyThing on\n<Magic>\nThing\n</Magic>\n");
    let told: Vec<String> = converted.problems.iter().map(ToString::to_string).collect();
    assert_eq!(told[0], "/etc/apache2/site.conf:3: FancyThing: is not carried over");
    assert_eq!(told.len(), 2, "{told:?}");
    let (_, end) = converted.text.split_once("# Not carried over:\n").unwrap();
    assert_eq!(end, format!("# {}\n# {}\n", told[0], told[1]));
}

#[test]
fn includes_are_followed_with_wildcards_in_any_part() {
    let told = files(&[
        (
            "/etc/apache2/apache2.conf",
            "Listen 80\nInclude conf.d/*/x?.conf\nIncludeOptional none/*.conf\nInclude /srv/all\n",
        ),
        ("/etc/apache2/conf.d/b/x1.conf", "ProxyPass /b http://b/\n"),
        ("/etc/apache2/conf.d/a/x2.conf", "ProxyPass /a http://a/\n"),
        ("/etc/apache2/conf.d/a/y.conf", "ProxyPass /y http://y/\n"),
        ("/srv/all/deep/z", "ProxyPass /z http://z/\n"),
    ]);
    assert!(told.problems.is_empty(), "{:?}", told.problems);
    let order: Vec<usize> = ["a_80", "b_80", "z_80"]
        .iter()
        .map(|name| told.text.find(&format!("use_backend {name}")).unwrap())
        .collect();
    assert!(order.is_sorted() && !told.text.contains("y_80"), "{}", told.text);
    has(&told.text, "# /etc/apache2/conf.d/a/x2.conf:1  ProxyPass /a http://a/");
}

#[test]
fn files_that_are_not_there_and_files_that_include_themselves_are_told() {
    let told = problems("Include none.conf\nInclude site.conf\nInclude none/*.conf\n");
    assert!(
        told.iter().any(|told| told.starts_with("2: 'none.conf' cannot be read")
            || told.starts_with("2: '/etc/apache2/none.conf' cannot be read")),
        "{told:?}"
    );
    assert!(told.iter().any(|told| told.contains("too deeply") || told.contains("too many")), "{told:?}");
    assert!(told.iter().any(|told| told.starts_with("4: 'none/*.conf': there is no such file")), "{told:?}");
}

#[test]
fn debians_variables_and_the_environment_are_known() {
    let told = files(&[
        (
            "/etc/apache2/apache2.conf",
            "Listen ${PORT}\nListen ${FROM_OUTSIDE}\nProxyPass / http://${NOBODY}/\n",
        ),
        ("/etc/apache2/envvars", "SUFFIX=\nexport PORT=8080$SUFFIX\n"),
    ]);
    has(&told.text, "bind :8080");
    has(&told.text, "bind :9999");
    let told: Vec<String> = told.problems.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("'${NOBODY}' is not defined"), "{told:?}");
}

#[test]
fn modules_that_no_line_loads_are_not_there_if_some_are_loaded() {
    let site = "<IfModule mod_ssl.c>\nProxyPass /s http://s/\n</IfModule>\n<IfModule !ssl_module>\nProxyPass /n http://n/\n</IfModule>\n";
    assert!(whole(site).contains("backend s_80"));
    let text = whole(&format!("LoadModule proxy_module modules/mod_proxy.so\n{site}"));
    assert!(text.contains("backend n_80") && !text.contains("backend s_80"), "{text}");
}

#[test]
fn a_site_without_listen_lines_listens_where_its_hosts_are() {
    let told = files(&[(
        "site.conf",
        "<VirtualHost 10.0.0.1:81 *:82>\nServerName a\nProxyPass / http://b/\n</VirtualHost>\n",
    )]);
    has(&told.text, "bind 10.0.0.1:81");
    has(&told.text, "bind :82");
    assert_eq!(told.text.matches("frontend ").count(), 1);
}

#[test]
fn hosts_of_an_address_come_before_those_of_any() {
    let text = whole(
        "<VirtualHost 10.0.0.1:80>\nServerName inner\nProxyPass / http://inner/\n</VirtualHost>\n\
         <VirtualHost *:80>\nServerName outer\nProxyPass / http://outer/\n</VirtualHost>\n",
    );
    has(
        &text,
        "http-request set-var(txn.host) str(host_inner) if { dst 10.0.0.1 } !{ var(txn.host) -m found }",
    );
    has(&text, "http-request set-var(txn.host) str(host_outer) if !{ var(txn.host) -m found }");
}

#[test]
fn a_host_that_nobody_reaches_is_told() {
    let told = problems("<VirtualHost *:443>\nServerName a\n</VirtualHost>\nProxyPass / http://b/\n");
    assert_eq!(told, ["2: no Listen line leads to this virtual host: it is not carried over"]);
}

#[test]
fn access_that_is_not_understood_is_closed() {
    let site = "ProxyPass / http://app/\n<Location /secret>\nAuthType Basic\nAuthUserFile /x\nRequire valid-user\n</Location>\n";
    let told = one(site);
    has(&told.text, "http-request deny deny_status 403 if in_secret");
    assert_eq!(told.problems.len(), 1);
    assert!(told.problems[0].message.contains("nobody fulfils it"));
}

#[test]
fn access_for_some_methods_and_under_conditions() {
    let text = whole(
        "ProxyPass / http://app/\n<Location /a>\n<LimitExcept GET POST>\nRequire ip 10.0.0.1\n</LimitExcept>\n\
         <Limit DELETE>\nOrder allow,deny\nDeny from all\n</Limit>\n</Location>\n\
         <If \"%{HTTP_HOST} == 'x'\">\nRequire ip 10.0.0.2\n</If>\n",
    );
    has(&text, "http-request deny deny_status 403 if in_a !{ src 10.0.0.1 } !{ method GET POST HEAD }");
    has(&text, "http-request deny deny_status 403 if in_a { method DELETE }");
    has(&text, "http-request deny deny_status 403 if { req.hdr(host) -m str x } !{ src 10.0.0.2 }");
    let told = one(
        "ProxyPass / http://app/\n<Location /b>\nSSLVerifyClient require\nSSLRequire %{X} eq 1\n</Location>\n\
         <Directory /x>\nRewriteRule a http://b/ [P]\n</Directory>\n",
    );
    has(
        &told.text,
        "http-request deny deny_status 403 if in_b !{ ssl_c_used,iif(SUCCESS,NONE) -m str SUCCESS }",
    );
    has(&told.text, "http-request deny deny_status 403 if in_b");
    assert_eq!(told.problems.len(), 3, "{:?}", told.problems);
    let told = one("ProxyPass / http://app/\n<If \"%{TIME_HOUR} -gt 5\">\nRequire all denied\n</If>\n");
    has(&told.text, "http-request deny deny_status 403");
    assert!(!told.text.contains("backend"), "{}", told.text);
    assert_eq!(told.problems.len(), 1, "{:?}", told.problems);
}

#[test]
fn access_to_workers_and_under_expressions_that_are_not_there() {
    let text = whole(
        "<Proxy http://app/>\nOrder deny,allow\nDeny from all\nAllow from 10.0.0.0/8\n</Proxy>\n\
         <Proxy http://open/>\nOrder deny,allow\nAllow from all\n</Proxy>\n\
         ProxyPass /a http://app/x\nProxyPass /b http://other/\nProxyPass /c http://open/\n",
    );
    has(&text, "http-request deny deny_status 403 if pass_a !{ src 10.0.0.0/8 }");
    assert_eq!(text.matches("deny_status 403").count(), 1, "{text}");
    let told =
        one("ProxyPass / http://app/\n<LocationMatch ^/(?!public)>\nRequire all denied\n</LocationMatch>\n");
    has(&told.text, "http-request deny deny_status 403");
    assert!(told.problems[0].message.contains("nobody comes in"), "{:?}", told.problems);
}

#[test]
fn schemes_that_are_not_there_are_answered_with_503_and_hide_later_lines() {
    let told = one("ProxyPass /j ajp://app:8009/\nProxyPass / http://app/\n");
    has(&told.text, "http-request set-var(txn.pass) str(pass_j) if in_j");
    has(&told.text, "http-request deny deny_status 503 if pass_j");
    assert!(told.problems[0].message.contains("'ajp'"));
}

#[test]
fn parameters_of_workers_and_balancers() {
    let text = whole(
        "ProxyPass /a http://a/ timeout=5 connectiontimeout=500ms max=10 ttl=60 keepalive=On\n\
         <Proxy balancer://c>\nBalancerMember http://m:1 loadfactor=1.5 status=+H\nBalancerMember http://n:1 retry=0\n\
         BalancerMember http://o:1 status=D hcmethod=GET hcuri=/ping hcinterval=5 hcfails=3\nProxySet lbmethod=bybusyness\n</Proxy>\n\
         ProxyPass / balancer://c/ nofailover=On timeout=3\n",
    );
    for line in [
        "timeout server 5s",
        "timeout connect 500ms",
        "option srvtcpka",
        "server a a:80 maxconn 10 pool-purge-delay 60s",
        "balance leastconn",
        "option persist",
        "option httpchk GET /ping",
        "timeout queue 3s",
        "server m:1 m:1 weight 15 backup check inter 2s downinter 60s rise 1 fall 1",
        "server n:1 n:1 weight 10",
        "server o:1 o:1 weight 10 disabled check inter 5s rise 1 fall 3",
    ] {
        has(&text, line);
    }
    let told = problems("ProxyPass /b balancer://none/\nProxyPass / http://a/ ping=5 secret=x\n");
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("has no members") && told[1].starts_with("3: ping=5"), "{told:?}");
}

#[test]
fn tls_to_clients_and_servers() {
    let site = "SSLEngine on\nSSLCertificateFile a.crt\nSSLCertificateKeyFile a.key\nSSLCACertificateFile ca.crt\n\
                SSLVerifyClient require\nSSLProtocol -all +TLSv1.3\nSSLHonorCipherOrder on\nSSLSessionTickets off\n\
                SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCACertificateFile /ca.crt\nProxyPass / https://app/\n";
    let text = whole(site);
    has(&text, "bind :80 ssl ssl-min-ver TLSv1.3 no-tls-tickets verify required ca-file /etc/apache2/ca.crt");
    has(&text, "ssl-f-use crt /etc/apache2/a.crt key /etc/apache2/a.key");
    has(&text, "server app app:443 ssl verify required ca-file /ca.crt sni str(app) check-sni app");
    let chained = site.replace("SSLSessionTickets", "SSLCertificateChainFile chain.pem\nSSLSessionTickets");
    has(&whole(&chained), "issuers-chain-path /etc/apache2/chain.pem");
    let told = problems(&site.replace("SSLProxyVerify require\n", ""));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("nothing is compared"), "{told:?}");
}

#[test]
fn rewriting_that_is_not_simple_is_told() {
    let told = problems(
        "RewriteEngine on\nRewriteRule ^/a /b\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^/c http://c/ [R]\n\
         RewriteRule ^/d http://$1/ [P]\nRewriteRule ^/e - [N]\nRewriteRule (?=x) - [F]\nProxyPass / http://app/\n",
    );
    assert_eq!(told.len(), 5, "{told:?}");
    for (told, part) in
        told.iter().zip(["without [PT]", "REQUEST_FILENAME", "put together", "[n]", "look-around"])
    {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn always_is_about_all_answers() {
    let text = whole(
        "ProxyPass / http://app/\nHeader always set X-A b\nHeader set X-C d\nHeader always set Set-Cookie e=f\n",
    );
    has(&text, "http-after-response set-header X-A b");
    has(&text, "http-response set-header X-C d");
    has(&text, "http-after-response add-header Set-Cookie e=f");
    let told = problems(
        "ProxyPass / http://app/\nHeader always unset X-A\nHeader edit X-B a(b b\nHeader set X-C \"%{NOTHING}s\"\n",
    );
    assert_eq!(told.len(), 3, "{told:?}");
}

#[test]
fn logs_are_as_near_as_possible() {
    let text = whole(
        "LogFormat \"%h %>s %{Referer}i %%\" short\nCustomLog logs/access.log short\nProxyPass / http://app/\n",
    );
    has(&text, "log /dev/log local0");
    has(&text, "log-format '%ci %ST %[var(txn.log_referer)] %%'");
    has(&text, "http-request set-var(txn.log_referer) req.fhdr(Referer)");
}

#[test]
fn error_documents_are_texts_files_and_redirections() {
    let text = files(&[
        (
            "/a.conf",
            "Listen 80\nDocumentRoot /www\nErrorDocument 503 \"Sorry\"\nErrorDocument 404 /e/404.html\n\
             ErrorDocument 403 https://x.example.com/\nProxyPass / http://app/\n",
        ),
        ("/www/e/404.html", "<p>"),
    ]);
    assert!(text.problems.is_empty(), "{:?}", text.problems);
    has(&text.text, "http-error status 503 content-type text/html string Sorry");
    has(&text.text, "http-error status 404 content-type text/html file /www/e/404.html");
    has(&text.text, "errorloc302 403 https://x.example.com/");
}

#[test]
fn nonsense_is_told_and_never_panics() {
    let pieces = [
        "<",
        ">",
        "</",
        "<VirtualHost",
        "</VirtualHost>",
        "<Location",
        "<Proxy balancer://",
        "Listen x",
        "Listen [::1]:",
        "ProxyPass",
        "ProxyPass \"",
        "ProxyPass ! !",
        "ProxyPass / balancer://",
        "ProxyPassMatch ( http://a",
        "RewriteRule",
        "RewriteCond %{ x",
        "RewriteEngine on",
        "RewriteRule ^(.*)$ $9%9%{ [P",
        "RewriteRule . \\",
        "Header set",
        "Header edit a ( b",
        "Header set a %{",
        "Header edit a b",
        "RequestHeader edit* a \"",
        "Redirect",
        "Redirect 300 / x",
        "RedirectMatch ^(.*)$ $1$",
        "Require",
        "Require not",
        "Require expr (((",
        "Order",
        "Allow from é/8",
        "ErrorDocument 9 /",
        "SetEnvIf a",
        "CustomLog a \"%\"",
        "CustomLog a %{",
        "SSLEngine",
        "Include",
        "Define",
        "${",
        "${X",
        "\\",
        "BalancerMember",
        "ServerAlias *?[",
    ];
    for (at, first) in pieces.iter().enumerate() {
        for second in &pieces[at..] {
            let text =
                format!("{first}\n{second}\n<Location /é>\n{first}\n{second}\nProxyPass / http://é/\n");
            let _ = one(&text);
        }
    }
}

/// Every configuration of the end-to-end tests, with what becomes of it beside it. `UPDATE_SNAPSHOTS=1` rewrites that.
#[test]
fn the_configurations_of_the_end_to_end_tests() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/apache");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    assert!(cases.len() >= 12, "{}", cases.len());
    let different: Vec<String> = cases.iter().filter_map(|case| snapshot(case)).collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn snapshot(case: &Path) -> Option<String> {
    let mut all = BTreeMap::new();
    gather(case, "/etc/apache2", &mut all);
    let definitions = [
        ("PORT", "8080"),
        ("PORT2", "8081"),
        ("A", "10.0.0.1:9001"),
        ("B", "10.0.0.2:9002"),
        ("REFUSED", "10.0.0.3:9003"),
        ("DIR", "/etc/ssl"),
        ("TLS_A_PORT", "9443"),
        ("TLS_B_PORT", "9444"),
    ];
    let main: String = definitions.iter().map(|(name, value)| format!("Define {name} {value}\n")).collect();
    all.insert("/etc/apache2/apache2.conf".to_owned(), main + "Include site.conf\n");
    let told =
        convert_from(&Memory(all), "/etc/apache2/apache2.conf").unwrap().text.replace("/etc/apache2/", "");
    let path = case.join("imported.cfg");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &told).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    (wanted != told).then(|| format!("{}:\n{told}", path.display()))
}

fn gather(directory: &Path, name: &str, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let inner = format!("{name}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            gather(&entry.path(), &inner, all);
        } else {
            all.insert(inner, fs::read_to_string(entry.path()).unwrap());
        }
    }
}
