//! `setenv`, `presetenv`, `unsetenv`, `resetenv` in `global`: they change how the next lines are read, so they act
//! while reading (chapter 3.1).

use diag::{Diagnostic, Diagnostics, codes};
use syntax::{Environment, Line};

/// Carries `line` out if it changes the environment; says whether it was such a line.
pub(super) fn apply(line: &Line, env: &mut Environment, diags: &mut Diagnostics) -> bool {
    let words = &line.words;
    let keyword = words[0].text.as_slice();
    match keyword {
        b"setenv" | b"presetenv" => {
            let [_, name, value] = words.as_slice() else {
                diags.push(
                    Diagnostic::error(format!("`{}` takes a name and a value", words[0].lossy()))
                        .at(line.span)
                        .code(codes::MISSING_ARGUMENT),
                );
                return true;
            };
            if keyword == b"setenv" {
                env.set(name.text.clone(), value.text.clone());
            } else {
                env.set_if_absent(name.text.clone(), value.text.clone());
            }
        }
        b"unsetenv" => words[1..].iter().for_each(|name| env.unset(&name.text)),
        b"resetenv" => env.retain(|name| words[1..].iter().any(|keep| keep.text == name)),
        _ => return false,
    }
    true
}

/// Puts variables into the addresses of a line: HAProxy looks for `$NAME` and `${NAME}` there even outside of quotes,
/// so that old files work which quote nothing (chapter 11). A variable that is not set is empty.
pub(crate) fn expand_addresses(line: &mut Line, env: &Environment) {
    let position = match line.words[0].text.as_slice() {
        b"bind" | b"dgram-bind" | b"log" | b"dispatch" | b"source" => 1,
        b"server" | b"peer" | b"nameserver" | b"mailer" | b"listen" | b"frontend" => 2,
        b"stats" if line.words.get(1).is_some_and(|word| word.text == b"socket") => 2,
        b"server-template" => 3,
        b"default-server" => 0,
        _ => return,
    };
    const BEHIND: &[&[u8]] = &[b"addr", b"agent-addr", b"source", b"usesrc", b"socks4"];
    for index in 1..line.words.len() {
        let is_address = index == position || BEHIND.contains(&line.words[index - 1].text.as_slice());
        let word = &mut line.words[index];
        if is_address && word.text.contains(&b'$') {
            word.text = expanded(&word.text, env);
        }
    }
}

fn expanded(text: &[u8], env: &Environment) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        out.extend_from_slice(&rest[..at]);
        let behind = &rest[at + 1..];
        let (name, has_brace) = behind.strip_prefix(b"{").map_or((behind, false), |name| (name, true));
        let len = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        out.extend_from_slice(env.get(&name[..len]).unwrap_or_default());
        rest = &name[len..];
        if has_brace {
            rest = rest.strip_prefix(b"}").unwrap_or(rest);
        }
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_without_quotes() {
        let mut env = Environment::new();
        env.set(*b"PORT", *b"80");
        let text = |text: &str| String::from_utf8(expanded(text.as_bytes(), &env)).unwrap();
        assert_eq!(text(":$PORT"), ":80");
        assert_eq!(text("[::1]:${PORT},:$PORT"), "[::1]:80,:80");
        assert_eq!(text("$NONE:$"), ":");
    }
}
