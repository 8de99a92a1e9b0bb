//! `setenv`, `presetenv`, `unsetenv`, `resetenv` in `global`: they change how the next lines are read, so they act
//! while reading (chapter 3.1).

use diag::{Diagnostic, Diagnostics};
use syntax::{Environment, Line};

/// Carries `line` out if it changes the environment; says whether it was such a line.
pub(super) fn apply(line: &Line, env: &mut Environment, diags: &mut Diagnostics) -> bool {
    let words = &line.words;
    let keyword = words[0].text.as_slice();
    match keyword {
        b"setenv" | b"presetenv" => {
            let [_, name, value] = words.as_slice() else {
                diags.push(
                    Diagnostic::error(format!("`{}` takes a name and a value", words[0].lossy())).at(line.span),
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
