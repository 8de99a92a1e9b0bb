//! The web servers of the demonstration: just enough HTTP/1.1 to be behind a proxy, one thread a connection, on
//! loopback. Not for anything else.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// Bytes of a request's head at most.
const HEAD_BYTES_MAX: u64 = 65_536;
/// Bytes of a request's body that are read and thrown away to keep the connection; a longer body ends it.
const BODY_BYTES_MAX: u64 = 1 << 20;
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// What is known of a request.
struct Request {
    line: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn path(&self) -> &str {
        let target = self.line.split(' ').nth(1).unwrap_or("/");
        target.split('?').next().unwrap_or(target)
    }

    fn is_head(&self) -> bool {
        self.line.starts_with("HEAD ")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Starts a server called `name` on a free port of loopback; returns the port.
pub(super) fn start(name: &'static str, colour: &'static str) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::Builder::new().name(format!("demo-{name}")).spawn(move || {
        for connection in listener.incoming().flatten() {
            // A connection that fails is the client's to repeat; one without a thread is closed.
            let _ = thread::Builder::new().spawn(move || serve(&connection, name, colour));
        }
    })?;
    Ok(port)
}

fn serve(connection: &TcpStream, name: &str, colour: &str) -> io::Result<()> {
    connection.set_read_timeout(Some(IDLE))?;
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    while let Some(request) = read_request(&mut reader)? {
        let is_kept = drain_body(&mut reader, &request)?;
        let (kind, body) = answer(&request, name, colour);
        let end = if is_kept { "keep-alive" } else { "close" };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nServer: {name}\r\n\
             Connection: {end}\r\n\r\n",
            body.len()
        );
        let mut out = head.into_bytes();
        if !request.is_head() {
            out.extend_from_slice(body.as_bytes());
        }
        let mut writer = connection;
        writer.write_all(&out)?;
        if !is_kept {
            break;
        }
    }
    Ok(())
}

/// One request's head; `None` at the end of the connection.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = reader.take(HEAD_BYTES_MAX);
    let line = read_line(&mut head)?;
    if line.is_empty() {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let header = read_line(&mut head)?;
        match header.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => return Ok(Some(Request { line, headers })),
        }
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// Reads the body away; says whether the connection can serve another request.
fn drain_body(reader: &mut impl Read, request: &Request) -> io::Result<bool> {
    if request.header("Transfer-Encoding").is_some() {
        return Ok(false);
    }
    let length = request.header("Content-Length").map_or(Ok(0), str::parse).unwrap_or(u64::MAX);
    if length > BODY_BYTES_MAX {
        return Ok(false);
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    let is_close = request.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(!is_close && request.line.ends_with("HTTP/1.1"))
}

/// Content type and body: JSON for paths that end in `.json`, a page otherwise.
fn answer(request: &Request, name: &str, colour: &str) -> (&'static str, String) {
    let seen = seen(request, name);
    if request.path().ends_with(".json") {
        return ("application/json", format!("{seen:#}\n"));
    }
    let page = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>{name}</title>\n\
         <body style=\"font-family: sans-serif; border-top: 1em solid {colour}; margin: 0; padding: 2em\">\n\
         <h1>This is server {name}</h1>\n<p>It received:</p>\n<pre>{}</pre>\n",
        escaped(&format!("{seen:#}"))
    );
    ("text/html; charset=utf-8", page)
}

fn seen(request: &Request, name: &str) -> Value {
    let mut headers = Map::new();
    for (header, value) in &request.headers {
        headers.insert(header.clone(), Value::from(value.as_str()));
    }
    json!({ "server": name, "request": request.line, "headers": headers })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(port: u16, requests: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(requests.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn connections_are_kept() {
        let port = start("blue", "blue").unwrap();
        let text = ask(
            port,
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\
             GET /b.json?q HTTP/1.1\r\nX-Seen: <1>\r\nConnection: close\r\n\r\n",
        );
        assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 2);
        assert!(text.contains("This is server blue"));
        let body = text.rsplit("\r\n\r\n").next().unwrap();
        let value: Value = serde_json::from_str(body).unwrap();
        assert_eq!(value["headers"]["X-Seen"], "<1>");
        assert_eq!(value["server"], "blue");
    }

    #[test]
    fn pages_show_headers_as_text() {
        let port = start("green", "green").unwrap();
        let text = ask(port, "GET / HTTP/1.0\r\nX: <script>\r\n\r\n");
        assert!(text.contains("&lt;script&gt;") && !text.contains("<script>"));
    }
}
