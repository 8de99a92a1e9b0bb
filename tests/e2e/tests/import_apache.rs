//! Apache configurations and what `lockgate import apache` makes of them: the same requests to Apache httpd and to lockgate
//! have the same answers, and the server behind sees the same.
//!
//! Each directory of `tests/apache` has a `site.conf`, `requests`, and `findings` where not all is carried over. `requests`
//! are paragraphs: `METHOD target`, then headers, and lines in small letters for the test itself: `body:`, `port: 2` for the
//! second port, `tls:` with the name to ask for, `certificate:` with the client's file, `await:` with the status to wait for. `X-Answer` tells the server behind what
//! to answer: `status|header|header`, with `{self}` for its address and `{port}` for the port of its TLS side.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{
    Answer, DEADLINE, Guard, Origin, Peer, Proxy, RefusedPort, Request, Response, TCP, binary_path, curl,
    is_reference, program, restartable_listener, run,
};

const MODULES: &[&str] = &[
    "mpm_event",
    "authz_core",
    "authz_host",
    "access_compat",
    "alias",
    "env",
    "headers",
    "setenvif",
    "proxy",
    "proxy_http",
    "proxy_balancer",
    "slotmem_shm",
    "lbmethod_byrequests",
    "lbmethod_bybusyness",
    "rewrite",
    "ssl",
    "socache_shmcb",
];

/// The servers behind, and what both proxies are told about the machine.
struct World {
    directory: tempfile::TempDir,
    a: Origin,
    b: Origin,
    refused: RefusedPort,
    /// TLS in front of the two servers.
    tls: Option<(Proxy, Proxy)>,
}

/// One request of a file.
#[derive(Debug, Default, Clone)]
struct Asked {
    method: String,
    target: String,
    headers: Vec<String>,
    body: String,
    is_second_port: bool,
    tls: Option<String>,
    certificate: Option<String>,
    /// Asked again until this is the status: for what a check has to notice first.
    awaited: Option<u16>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: u16,
    location: Vec<String>,
    cookies: Vec<String>,
    /// Other headers that configurations speak about.
    others: Vec<String>,
    /// The body, unless it is a page of the proxy's own.
    text: String,
    /// What the servers behind saw.
    seen: Vec<String>,
}

/// A proxy under comparison.
struct Running {
    guard: Guard,
    first: SocketAddr,
    second: SocketAddr,
    output: PathBuf,
}

fn answer(name: &str, tls_port: &OnceLock<u16>, own: &OnceLock<SocketAddr>, request: &Request) -> Answer {
    let fill = |text: &str| {
        let own = own.get().map(ToString::to_string).unwrap_or_default();
        let port = tls_port.get().map(ToString::to_string).unwrap_or_default();
        text.replace("{self}", &own).replace("{port}", &port)
    };
    let mut parts = request.header("x-answer").unwrap_or("200").split('|');
    let status = parts.next().and_then(|status| status.parse().ok()).unwrap_or(200);
    let headers: Vec<String> = parts.map(fill).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    if request.method == "HEAD" {
        return Answer::raw(format!("HTTP/1.1 {status} Scripted\r\nContent-Length: 5\r\n\r\n"));
    }
    Answer::status(status, &headers, &format!("from {name}"))
}

fn origin(name: &'static str, tls_port: &Arc<OnceLock<u16>>) -> Origin {
    let own = Arc::new(OnceLock::new());
    let (known, port) = (Arc::clone(&own), Arc::clone(tls_port));
    let origin = Origin::start(move |request| answer(name, &port, &known, request));
    own.set(origin.address()).expect("set once");
    origin
}

impl World {
    fn new(site: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("our own directory");
        let ports = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
        let (a, b) = (origin("a", &ports.0), origin("b", &ports.1));
        let authority = Authority::new("Import CA");
        let write =
            |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("a new file");
        write("ca.crt", &authority.pem());
        for name in ["www", "shop"] {
            let identity = authority.issue(&Subject::server(&[&format!("{name}.example.com")]));
            write(&format!("{name}.crt"), &identity.certificate);
            write(&format!("{name}.key"), &identity.key);
        }
        let inner = authority.intermediate("Inner CA");
        let identity = inner.issue(&Subject::server(&["chain.example.com"]));
        write("chain.crt", &identity.certificate);
        write("chain.key", &identity.key);
        write("inner.pem", &inner.pem());
        write("client.pem", &authority.issue(&Subject::client("client1")).pem());
        let localhost = authority.issue(&Subject::server(&["localhost"])).pem();
        let tls = site.contains("TLS_A_PORT").then(|| {
            let front = |origin: &Origin, port: &OnceLock<u16>| {
                let text = format!(
                    "{TCP}listen front\n    bind \"fd@${{fe}}\" ssl crt server.pem\n    server s {}\n",
                    origin.address()
                );
                let proxy = Proxy::builder(&text).file("server.pem", &localhost).start();
                port.set(proxy.address("fe").port()).expect("set once");
                proxy
            };
            (front(&a, &ports.0), front(&b, &ports.1))
        });
        Self { directory, a, b, refused: RefusedPort::new(), tls }
    }

    /// Definitions, modules and the site: what Apache and the importer read.
    fn shared(&self, case: &Path, ports: [u16; 2], file: &str) -> PathBuf {
        let mut text = format!("ServerRoot {}\n", case.display());
        for module in MODULES {
            text.push_str(&format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n"));
        }
        let tls_port = |proxy: Option<&Proxy>| proxy.map_or(0, |proxy| proxy.address("fe").port());
        for (name, value) in [
            ("PORT", ports[0].to_string()),
            ("PORT2", ports[1].to_string()),
            ("A", self.a.address().to_string()),
            ("B", self.b.address().to_string()),
            ("REFUSED", self.refused.address().to_string()),
            ("DIR", self.directory.path().display().to_string()),
            ("TLS_A_PORT", tls_port(self.tls.as_ref().map(|tls| &tls.0)).to_string()),
            ("TLS_B_PORT", tls_port(self.tls.as_ref().map(|tls| &tls.1)).to_string()),
        ] {
            text.push_str(&format!("Define {name} {value}\n"));
        }
        text.push_str("Include site.conf\n");
        let path = self.directory.path().join(file);
        fs::write(&path, text).expect("the directory can be written");
        path
    }

    fn apache(&self, case: &Path) -> Running {
        let ports = ports();
        let directory = self.directory.path().display();
        let shared = self.shared(case, ports, "shared-apache.conf");
        let text = format!(
            "PidFile {directory}/httpd.pid\nDefaultRuntimeDir {directory}\nErrorLog {directory}/error.log\n\
             User nobody\nGroup nogroup\nDocumentRoot {directory}/none\nInclude {}\n",
            shared.display()
        );
        fs::create_dir(self.directory.path().join("none")).expect("the directory can be written");
        let main = self.directory.path().join("httpd.conf");
        fs::write(&main, text).expect("the directory can be written");
        let mut command = Command::new(program("apache2"));
        command.arg("-X").arg("-f").arg(&main).arg("-d").arg(case);
        self.start(&mut command, ports, "apache")
    }

    /// Imports, checks what stands on standard error, checks the file, and runs it.
    fn imported(&self, case: &Path) -> Running {
        let ports = ports();
        let shared = self.shared(case, ports, "shared-ours.conf");
        let here = self.directory.path();
        let finished = run(&["import", "apache", &shared.display().to_string()], here);
        let wanted = fs::read_to_string(case.join("findings")).unwrap_or_default();
        let findings = finished.stderr.replace(&format!("{}/", case.display()), "");
        assert_eq!(findings, wanted, "{}", case.display());
        assert_eq!(finished.status.code(), Some(i32::from(!wanted.is_empty())), "{}", case.display());
        let config = here.join("imported.cfg");
        fs::write(&config, &finished.stdout).expect("the directory can be written");
        let checked = run(&["-c", "-f", "imported.cfg"], here);
        assert_eq!((checked.status.code(), checked.stderr.as_str()), (Some(0), ""), "{}", finished.stdout);
        let mut command = Command::new(binary_path());
        command.args(["-db", "-f"]).arg(&config);
        self.start(&mut command, ports, "ours")
    }

    fn start(&self, command: &mut Command, ports: [u16; 2], name: &str) -> Running {
        let output = self.directory.path().join(format!("{name}.out"));
        let file = fs::File::create(&output).expect("the directory can be written");
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        command.stderr(file.try_clone().expect("a second descriptor")).stdout(file);
        let [first, second] = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let mut running = Running { guard: Guard::start(command, &[]), first, second, output };
        let started = Instant::now();
        while TcpStream::connect(first).is_err() {
            let is_running = running.guard.poll().is_none() && started.elapsed() < DEADLINE;
            assert!(is_running, "{name} does not listen: {}", self.told(&running));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        running
    }

    fn told(&self, running: &Running) -> String {
        let log = fs::read_to_string(self.directory.path().join("error.log")).unwrap_or_default();
        fs::read_to_string(&running.output).unwrap_or_default() + &log
    }

    fn ask(&self, running: &Running, asked: &Asked) -> Outcome {
        let started = Instant::now();
        loop {
            let outcome = self.ask_once(running, asked);
            let is_awaited = asked.awaited.is_some_and(|status| status != outcome.status);
            if !is_awaited || started.elapsed() > DEADLINE {
                return outcome;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn ask_once(&self, running: &Running, asked: &Asked) -> Outcome {
        let before = (self.a.requests().len(), self.b.requests().len());
        let response = match &asked.tls {
            Some(name) => self.ask_tls(running, asked, name),
            None => ask_plain(running, asked),
        };
        let mut seen = Vec::new();
        for (name, origin, before) in [("a", &self.a, before.0), ("b", &self.b, before.1)] {
            seen.extend(origin.requests()[before..].iter().map(|request| shown(name, request)));
        }
        // By TLS the client names the port, which differs.
        let port = format!(":{}", running.first.port());
        outcome(&response, seen).with(|text| text.replace(&port, ":PORT"))
    }

    fn ask_tls(&self, running: &Running, asked: &Asked, name: &str) -> Response {
        let mut arguments = vec!["--cacert", "ca.crt", "-X", &asked.method];
        for header in &asked.headers {
            arguments.extend(["-H", header]);
        }
        if let Some(certificate) = &asked.certificate {
            arguments.extend(["--cert", certificate]);
        }
        curl(running.first, name, &asked.target, &arguments, self.directory.path()).response()
    }
}

impl Outcome {
    fn with(mut self, change: impl Fn(&str) -> String) -> Self {
        for list in [&mut self.location, &mut self.seen] {
            list.iter_mut().for_each(|text| *text = change(text));
        }
        self
    }
}

/// Two ports that nobody listens on.
fn ports() -> [u16; 2] {
    let sockets = [restartable_listener(), restartable_listener()];
    sockets.map(|socket| socket.local_addr().expect("a bound socket has an address").port())
}

fn ask_plain(running: &Running, asked: &Asked) -> Response {
    let address = if asked.is_second_port { running.second } else { running.first };
    let mut text = format!("{} {} HTTP/1.1\r\n", asked.method, asked.target);
    if !asked.headers.iter().any(|header| header.to_lowercase().starts_with("host:")) {
        text.push_str("Host: www.example.com\r\n");
    }
    for header in &asked.headers {
        text.push_str(&format!("{header}\r\n"));
    }
    if !asked.body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", asked.body.len()));
    }
    let mut peer = Peer::connect(address);
    peer.send(format!("{text}\r\n{}", asked.body));
    if asked.method == "HEAD" { peer.response_head() } else { peer.response() }
}

/// A request as a server behind saw it: line, Host, and all headers that begin with `X-`.
fn shown(name: &str, request: &Request) -> String {
    let mut headers: Vec<&str> = request.head.lines().skip(1).filter(|line| is_watched(line)).collect();
    headers.sort_unstable_by_key(|line| line.to_lowercase());
    let headers: Vec<String> = headers.iter().map(|line| lower_name(line)).collect();
    let body = String::from_utf8_lossy(&request.body);
    format!("{name}: {} {} {headers:?} {body}", request.method, request.target)
}

fn is_watched(line: &str) -> bool {
    let lower = line.to_lowercase();
    (lower.starts_with("x-") && !lower.starts_with("x-answer")) || lower.starts_with("host:")
}

fn lower_name(line: &str) -> String {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    format!("{}:{value}", name.to_lowercase())
}

fn outcome(response: &Response, seen: Vec<String>) -> Outcome {
    let values =
        |name: &str| response.headers(name).iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let mut others: Vec<String> =
        response.head.lines().skip(1).filter(|line| is_other(line)).map(lower_name).collect();
    others.sort_unstable();
    let text = response.text();
    let text = if text.trim_start().starts_with('<') { String::new() } else { text };
    Outcome {
        status: response.status,
        location: values("location"),
        cookies: values("set-cookie"),
        others,
        text,
        seen,
    }
}

fn is_other(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["x-", "strict-transport-security:", "content-location:", "content-language:"]
        .iter()
        .any(|start| lower.starts_with(start))
}

fn asked(text: &str) -> Vec<Asked> {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(paragraph).collect()
}

fn paragraph(text: &str) -> Asked {
    let mut lines = text.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' ')).expect("a method and a target");
    let mut out = Asked { method: method.to_owned(), target: target.to_owned(), ..Asked::default() };
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a name and a value");
        match name {
            "body" => out.body = value.to_owned(),
            "port" => out.is_second_port = value == "2",
            "tls" => out.tls = Some(value.to_owned()),
            "await" => out.awaited = value.parse().ok(),
            "certificate" => out.certificate = Some(value.to_owned()),
            _ => out.headers.push(line.to_owned()),
        }
    }
    out
}

/// The same requests to both; what differs is told all at once.
fn compare(name: &str) {
    if is_reference() {
        return;
    }
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../apache").join(name);
    let case = case.canonicalize().expect("the directory of the case");
    let site = fs::read_to_string(case.join("site.conf")).expect("the site");
    let world = World::new(&site);
    let ours = world.imported(&case);
    let apache = world.apache(&case);
    let mut different = Vec::new();
    let all = asked(&fs::read_to_string(case.join("requests")).expect("the requests"));
    assert!(all.len() >= 5, "{} requests", all.len());
    for asked in all {
        let (theirs, own) = (world.ask(&apache, &asked), world.ask(&ours, &asked));
        if theirs != own {
            different.push(format!("{asked:?}\n  apache {theirs:?}\n  ours   {own:?}"));
        }
    }
    let config = fs::read_to_string(world.directory.path().join("imported.cfg")).unwrap_or_default();
    assert!(different.is_empty(), "{name}:\n{}\n\n{config}\n{}", different.join("\n"), world.told(&apache));
}

/// Requests without a session are spread over the members by their weights.
#[test]
fn weights_spread_alike() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let site = "Listen 127.0.0.1:${PORT}\nServerName www.example.com\n<Proxy balancer://app>\n\
                BalancerMember http://${A} loadfactor=3\nBalancerMember http://${B}\n</Proxy>\nProxyPass / balancer://app/\n";
    fs::write(directory.path().join("site.conf"), site).expect("the directory can be written");
    let world = World::new(site);
    let running = [world.apache(directory.path()), world.imported(directory.path())];
    for running in &running {
        let before = (world.a.requests().len(), world.b.requests().len());
        let asked = Asked { method: "GET".to_owned(), target: "/".to_owned(), ..Asked::default() };
        for _ in 0..16 {
            assert_eq!(world.ask(running, &asked).status, 200);
        }
        let seen = (world.a.requests().len() - before.0, world.b.requests().len() - before.1);
        assert_eq!(seen, (12, 4));
    }
}

/// What cannot be carried over is told with its place, on standard error and at the end of the file, and the exit status is 1;
/// wrong usage is 2.
#[test]
fn findings_and_exit_statuses() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../apache/19-findings");
    let case = case.canonicalize().expect("the directory of the case");
    let text = fs::read_to_string(case.join("site.conf")).expect("the site");
    if is_reference() {
        return;
    }
    let world = World::new(&text);
    let ours = world.imported(&case);
    let ask = |target: &str| {
        let asked = Asked { method: "GET".to_owned(), target: target.to_owned(), ..Asked::default() };
        world.ask(&ours, &asked)
    };
    assert_eq!((ask("/users/x").status, ask("/ajp/x").status, ask("/nothing").status), (403, 503, 404));
    assert_eq!(ask("/bytes/x").seen.len(), 1);
    assert_eq!(ask("/here/x").others, ["x-fine: yes"]);
    for (words, status) in [
        (&["import"][..], 2),
        (&["import", "nginx", "x"], 2),
        (&["import", "apache"], 2),
        (&["import", "apache", "a", "b"], 2),
        (&["import", "apache", "none.conf"], 1),
        (&["import", "apache", "-h"], 0),
    ] {
        assert_eq!(run(words, world.directory.path()).status.code(), Some(status), "{words:?}");
    }
}

/// Another machine's files below a directory: absolute paths are looked up there and written without it.
#[test]
fn roots() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in [
        ("etc/apache2/apache2.conf", "Include ports.conf\nIncludeOptional /etc/apache2/sites/*.conf\n"),
        ("etc/apache2/ports.conf", "Listen 80\n"),
        (
            "etc/apache2/sites/a.conf",
            "ErrorDocument 404 /404.html\nDocumentRoot /srv/www\nProxyPass / http://127.0.0.1:1/\n",
        ),
        ("srv/www/404.html", "<p>"),
    ] {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a directory"))
            .expect("the directory can be written");
        fs::write(path, text).expect("the directory can be written");
    }
    let root = directory.path().display().to_string();
    let main = format!("{root}/etc/apache2/apache2.conf");
    let finished = run(&["import", "apache", &main, "--root", &root], directory.path());
    assert_eq!((finished.status.code(), finished.stderr.as_str()), (Some(0), ""));
    assert!(
        finished.stdout.contains("http-error status 404 content-type text/html file /srv/www/404.html"),
        "{}",
        finished.stdout
    );
    assert!(
        finished.stdout.contains(&format!("# {root}/etc/apache2/sites/a.conf:3  ProxyPass")),
        "{}",
        finished.stdout
    );
}

macro_rules! cases {
    ($($test:ident: $directory:literal,)*) => {
        $(#[test]
        fn $test() {
            compare($directory);
        })*

        /// A directory without a test would be looked at by nobody.
        #[test]
        fn every_directory_has_its_test() {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../apache");
            let entries = fs::read_dir(directory).expect("the directory of the cases");
            let mut found: Vec<String> = entries
                .map(|entry| entry.expect("the directory can be read"))
                .filter(|entry| entry.path().is_dir())
                .map(|entry| entry.file_name().into_string().expect("a name in ASCII"))
                .collect();
            // What is told of the last one has a test of its own.
            found.retain(|name| name != "19-findings");
            found.sort();
            assert_eq!(found, [$($directory),*]);
        }
    };
}

cases! {
    one_proxypass: "01-one-proxypass",
    mirror: "02-mirror",
    exclusions: "03-exclusions",
    virtual_hosts: "04-virtual-hosts",
    headers: "05-headers",
    balancer: "06-balancer",
    standby: "07-standby",
    rewrite: "08-rewrite",
    access: "09-access",
    tls: "10-tls",
    client_certificates: "11-client-certificates",
    tls_balancer: "12-tls-balancer",
    includes: "13-includes",
    old_server: "14-old-server",
    chain: "15-chain",
    odd_paths: "16-odd-paths",
    websockets_and_ports: "17-grown",
    errors_and_order: "18-errors-and-order",
}
