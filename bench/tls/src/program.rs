//! The programs that are compared: what each is told to do, and how it is started.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Trouble;
use crate::answer;
use crate::options::{Named, Options};
use crate::process::{self, Running};

/// How long `-c` or a start may take: a directory of 10,000 certificates is read in it.
const START_LIMIT: Duration = Duration::from_secs(120);

/// Whose command line and configuration a program takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Haproxy,
    Nginx,
}

/// A program to measure.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    path: PathBuf,
    cpu: usize,
}

/// What a program serves: 1 KiB to anybody, over TLS 1.3 with AES-128-GCM and X25519.
pub(crate) struct Service<'p> {
    /// A certificate's file, or a directory of them.
    pub(crate) certificates: &'p Path,
    /// Where the program's files go.
    pub(crate) directory: &'p Path,
    /// Connections at most.
    pub(crate) connections: usize,
}

/// A program that serves.
pub(crate) struct Serving {
    pub(crate) process: Running,
    pub(crate) port: u16,
}

/// Asks each program what it is.
pub(crate) fn identify(options: &Options) -> Result<Vec<Program>, Trouble> {
    let known = |named: &Named| {
        let output = Command::new(&named.path).arg("-v").output().map_err(Trouble::of(&named.name))?;
        let said = [output.stdout, output.stderr].concat();
        let is_nginx = String::from_utf8_lossy(&said).contains("nginx");
        let kind = if is_nginx { Kind::Nginx } else { Kind::Haproxy };
        Ok(Program { name: named.name.clone(), kind, path: named.path.clone(), cpu: options.proxy_cpu })
    };
    options.programs.iter().map(known).collect()
}

impl Program {
    /// Writes the configuration and has the program check it. How long that took.
    pub(crate) fn check(&self, service: &Service<'_>) -> Result<Duration, Trouble> {
        let config = self.configure(service, process::free_port()?)?;
        let mut command = self.command(&config, service.directory);
        command.arg(if self.kind == Kind::Nginx { "-t" } else { "-c" });
        let output = service.directory.join(format!("{}.check", self.name));
        match process::run(&mut command, &output, START_LIMIT)? {
            (lasted, true) => Ok(lasted),
            (_, false) => Err(Trouble::Unsupported(process::last_words(&output))),
        }
    }

    /// Starts the program and waits until it takes connections.
    pub(crate) fn start(&self, service: &Service<'_>) -> Result<Serving, Trouble> {
        let port = process::free_port()?;
        let config = self.configure(service, port)?;
        let mut command = self.command(&config, service.directory);
        if self.kind == Kind::Haproxy {
            command.arg("-db");
        }
        let output = service.directory.join(format!("{}.out", self.name));
        let mut process = Running::start(&mut command, &output)?;
        process.await_port(port, &output, START_LIMIT)?;
        Ok(Serving { process, port })
    }

    fn command(&self, config: &Path, directory: &Path) -> Command {
        let mut command = process::pinned(self.cpu, &self.path);
        match self.kind {
            Kind::Haproxy => command.arg("-f").arg(config),
            Kind::Nginx => command.arg("-p").arg(directory).arg("-c").arg(config),
        };
        command
    }

    fn configure(&self, service: &Service<'_>, port: u16) -> Result<PathBuf, Trouble> {
        let text = match self.kind {
            Kind::Haproxy => haproxy(service, port),
            Kind::Nginx => nginx(service, port)?,
        };
        let path = service.directory.join(format!("{}.cfg", self.name));
        fs::write(&path, text).map_err(Trouble::of("a configuration"))?;
        Ok(path)
    }
}

fn haproxy(service: &Service<'_>, port: u16) -> String {
    format!(
        "global
    nbthread 1
    maxconn {maxconn}
    ssl-default-bind-options ssl-min-ver TLSv1.3
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256

defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 30s
    option http-keep-alive

frontend fe
    bind 127.0.0.1:{port} backlog 16384 ssl crt {certificates} curves X25519
    http-request return status 200 content-type text/plain string {body}
",
        maxconn = service.connections + 100,
        certificates = service.certificates.display(),
        body = answer::body(),
    )
}

fn nginx(service: &Service<'_>, port: u16) -> Result<String, Trouble> {
    if service.certificates.is_dir() {
        return Err(Trouble::Unsupported("reads no directory of certificates".to_owned()));
    }
    let mut text = format!(
        "worker_processes 1;
worker_rlimit_nofile {files};
daemon off;
pid nginx.pid;
error_log nginx.log;
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    default_type text/plain;
    keepalive_requests 100000000;
    keepalive_timeout 300;
    tcp_nodelay on;
",
        files = service.connections + 200,
        connections = service.connections + 100,
    );
    for place in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "    {place}_temp_path {place};");
    }
    let certificate = service.certificates.display();
    let _ = write!(
        text,
        "    server {{
        listen 127.0.0.1:{port} backlog=16384 ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        ssl_protocols TLSv1.3;
        ssl_ecdh_curve X25519;
        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
        location / {{ return 200 {body}; }}
    }}
}}
",
        body = answer::body(),
    );
    Ok(text)
}
