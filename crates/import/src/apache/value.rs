//! Apache's variables (`%{NAME}` of mod_rewrite and of expressions, `%{NAME}e` and `%{NAME}s` of mod_headers) as samples
//! and log formats of ours.

use super::pattern::literal;

/// When a sample can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// At any time.
    Any,
    /// Before the answer comes.
    Request,
    /// With the answer.
    Response,
}

/// The method: a variable that is set where something looks at it.
pub(super) const METHOD: &str = "var(txn.method)";

/// The port that the client asked for: a variable as well.
pub(super) const PORT: &str = "var(txn.port)";

/// An expression of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// A fetch with converters.
    pub(super) text: String,
    /// When it can be taken.
    pub(super) phase: Phase,
}

/// A log format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// The text.
    pub(super) text: String,
    /// When it can be written.
    pub(super) phase: Phase,
}

impl Phase {
    /// When both can be had; none if never.
    pub(super) fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, phase) | (phase, Self::Any) => Some(phase),
            (a, b) => (a == b).then_some(a),
        }
    }
}

fn sample(text: impl Into<String>, phase: Phase) -> Option<Sample> {
    Some(Sample { text: text.into(), phase })
}

/// The variable of ours that an environment variable lives in.
pub(super) fn env(name: &str) -> String {
    match name {
        "BALANCER_WORKER_ROUTE" => return "txn.worker_route".to_owned(),
        "BALANCER_SESSION_ROUTE" => return "txn.route".to_owned(),
        _ => {}
    }
    let plain = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' });
    format!("txn.env_{}", plain.collect::<String>())
}

/// `%{NAME}`.
pub(super) fn variable(name: &str) -> Option<Sample> {
    use Phase::{Any, Request, Response};
    if let Some((kind, argument)) = name.split_once(':') {
        return function(kind, argument);
    }
    match name.to_uppercase().as_str() {
        "HTTP_HOST" => sample("req.hdr(host)", Request),
        "HTTP_USER_AGENT" => sample("req.fhdr(user-agent)", Request),
        "HTTP_REFERER" => sample("req.fhdr(referer)", Request),
        "HTTP_COOKIE" => sample("req.fhdr(cookie)", Request),
        "HTTP_ACCEPT" => sample("req.fhdr(accept)", Request),
        "HTTP_FORWARDED" => sample("req.fhdr(forwarded)", Request),
        // As it was before it changed on its way to a server.
        "REQUEST_URI" => sample("var(txn.path)", Any),
        "QUERY_STRING" => sample("query", Request),
        // As a variable, because `method` in a condition matches in a way of its own.
        "REQUEST_METHOD" => sample(METHOD, Any),
        "REMOTE_ADDR" | "REMOTE_HOST" | "CONN_REMOTE_ADDR" => sample("src", Any),
        "REMOTE_PORT" => sample("src_port", Any),
        "SERVER_ADDR" => sample("dst", Any),
        "SERVER_PORT" => sample(PORT, Any),
        "SERVER_NAME" => sample("req.hdr(host),host_only", Request),
        "REQUEST_SCHEME" => sample("ssl_fc,iif(https,http)", Any),
        "HTTPS" => sample("ssl_fc,iif(on,off)", Any),
        "REQUEST_STATUS" => sample("status", Response),
        "CONTENT_TYPE" => sample("res.fhdr(content-type)", Response),
        upper => tls(upper),
    }
}

/// `%{HTTP:Name}`, `%{ENV:NAME}`, `req('Name')`.
pub(super) fn function(name: &str, argument: &str) -> Option<Sample> {
    let is_token = !argument.is_empty()
        && argument.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_token {
        return None;
    }
    let argument = argument.to_owned();
    match name.to_lowercase().as_str() {
        "http" | "req" | "req_novary" => {
            sample(format!("req.fhdr({})", argument.to_lowercase()), Phase::Request)
        }
        "resp" => sample(format!("res.fhdr({})", argument.to_lowercase()), Phase::Response),
        "env" | "reqenv" | "osenv" if argument == "HTTPS" => variable("HTTPS"),
        "env" | "reqenv" => sample(format!("var({})", env(&argument)), Phase::Any),
        "ssl" => variable(&argument),
        _ => None,
    }
}

/// mod_ssl's variables.
fn tls(name: &str) -> Option<Sample> {
    let text = match name {
        "SSL_PROTOCOL" => "ssl_fc_protocol",
        "SSL_CIPHER" => "ssl_fc_cipher",
        "SSL_CIPHER_USEKEYSIZE" => "ssl_fc_use_keysize",
        "SSL_CIPHER_ALGKEYSIZE" => "ssl_fc_alg_keysize",
        "SSL_TLS_SNI" => "ssl_fc_sni",
        "SSL_SESSION_ID" => "ssl_fc_session_id,hex",
        "SSL_SESSION_RESUMED" => "ssl_fc_is_resumed,iif(Resumed,Initial)",
        "SSL_CLIENT_VERIFY" => "ssl_c_used,iif(SUCCESS,NONE)",
        "SSL_CLIENT_M_SERIAL" => "ssl_c_serial,hex",
        "SSL_CLIENT_S_DN" => "ssl_c_s_dn(,0,rfc2253)",
        "SSL_CLIENT_I_DN" => "ssl_c_i_dn(,0,rfc2253)",
        _ => return part_of_dn(name),
    };
    sample(text, Phase::Any)
}

/// `SSL_CLIENT_S_DN_CN`.
fn part_of_dn(name: &str) -> Option<Sample> {
    const PREFIXES: &[(&str, &str)] = &[
        ("SSL_CLIENT_S_DN_", "ssl_c_s_dn"),
        ("SSL_CLIENT_I_DN_", "ssl_c_i_dn"),
        ("SSL_SERVER_S_DN_", "ssl_f_s_dn"),
        ("SSL_SERVER_I_DN_", "ssl_f_i_dn"),
    ];
    let (part, fetch) =
        PREFIXES.iter().find_map(|(prefix, fetch)| Some((name.strip_prefix(prefix)?, fetch)))?;
    let part = if part == "EMAIL" { "emailAddress" } else { part };
    matches!(part, "C" | "ST" | "L" | "O" | "OU" | "CN" | "UID" | "T" | "S" | "G" | "emailAddress")
        .then(|| Sample { text: format!("{fetch}({part})"), phase: Phase::Any })
}

/// A header's value: `%{NAME}e`, `%{NAME}s`, `%%`, `%t`, or `expr=` and text with `%{NAME}`.
///
/// # Errors
/// Which part has no counterpart.
pub(super) fn header(text: &str) -> Result<Format, String> {
    match text.strip_prefix("expr=") {
        Some(text) => interpolated(text),
        None => format(text, |name, kind| match kind {
            'e' if name == "HTTPS" => variable("HTTPS"),
            'e' => sample(format!("var({})", env(name)), Phase::Any),
            's' => variable(name),
            _ => None,
        }),
    }
}

/// Text with `%{NAME}` in it.
///
/// # Errors
/// Which name has no counterpart.
pub(super) fn interpolated(text: &str) -> Result<Format, String> {
    let mut out = Format { text: String::new(), phase: Phase::Any };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%{") {
        let (name, behind) = after.split_once('}').ok_or_else(|| format!("'{text}' is not understood"))?;
        let found = variable(name).ok_or_else(|| format!("'%{{{name}}}' has no counterpart"))?;
        out.text.push_str(&literal(before));
        add(&mut out, &found)?;
        rest = behind;
    }
    out.text.push_str(&literal(rest));
    Ok(out)
}

fn add(out: &mut Format, found: &Sample) -> Result<(), String> {
    out.phase = out.phase.and(found.phase).ok_or("request and response are mixed")?;
    out.text.push_str(&format!("%[{}]", found.text));
    Ok(())
}

fn format(text: &str, named: impl Fn(&str, char) -> Option<Sample>) -> Result<Format, String> {
    let mut out = Format { text: String::new(), phase: Phase::Any };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.text.push_str(&literal(before));
        let mut chars = after.chars();
        match chars.next() {
            Some('%') => out.text.push_str("%%"),
            Some('t') => out.text.push_str("t=%[date(0,us)]"),
            Some('{') => {
                let (name, behind) =
                    after[1..].split_once('}').ok_or_else(|| format!("'{text}' is not understood"))?;
                chars = behind.chars();
                let kind = chars.next().unwrap_or(' ');
                let found =
                    named(name, kind).ok_or_else(|| format!("'%{{{name}}}{kind}' has no counterpart"))?;
                add(&mut out, &found)?;
            }
            other => {
                return Err(format!("'%{}' has no counterpart", other.map(String::from).unwrap_or_default()));
            }
        }
        rest = chars.as_str();
    }
    out.text.push_str(&literal(rest));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_headers() {
        let told = header("100%% %{SSL_CLIENT_S_DN_CN}s/%{X-y}e").unwrap();
        assert_eq!(
            (told.text.as_str(), told.phase),
            ("100%% %[ssl_c_s_dn(CN)]/%[var(txn.env_X_y)]", Phase::Any)
        );
        let told = header("expr=%{REMOTE_ADDR} 5% %{HTTP:X-Id}").unwrap();
        assert_eq!((told.text.as_str(), told.phase), ("%[src] 5%% %[req.fhdr(x-id)]", Phase::Request));
        assert!(header("%{SSL_CLIENT_CERT}s").is_err() && header("%D").is_err() && header("%{x").is_err());
        assert!(header("expr=%{HTTP_HOST}%{REQUEST_STATUS}").is_err());
    }
}
