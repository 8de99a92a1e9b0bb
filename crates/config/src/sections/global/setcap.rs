//! `setcap`: what a process may go on doing when it is no longer root (chapter 3.1).

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use crate::context::GlobalParse;
use crate::model::Capability;

/// `setcap NAME[,NAME...]`; the last line counts.
pub(super) fn setcap(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the capabilities to keep, such as `cap_net_raw`")?;
    let known = Capability::ALL.iter().map(|one| one.name());
    let mut kept = Vec::new();
    for name in word.text.split(|byte| *byte == b',') {
        let Some(one) = Capability::ALL.iter().find(|one| one.name().as_bytes() == name) else {
            let name = base::Lossy(name).to_string();
            let names: Vec<&str> = known.clone().collect();
            let text = format!("`{name}` is no capability that can be kept: {}", names.join(", "));
            let mut problem = problem_of(codes::UNKNOWN_WORD, word.span, text);
            problem.suggestion = diag::nearest(&name, known).map(str::to_owned);
            return Err(problem);
        };
        kept.push(*one);
    }
    parse.global.capabilities = kept;
    words.done()
}

#[cfg(test)]
mod tests {
    use crate::model::Capability;
    use crate::sections::testing::{errors, good};

    #[test]
    fn names_in_a_list() {
        let config = good("global\n  setcap cap_net_raw,cap_net_bind_service\n");
        assert_eq!(config.global.capabilities, [Capability::NetRaw, Capability::NetBindService]);
        let told = errors("global\n  setcap cap_net_rwa\n");
        assert!(told[0].contains("`cap_net_rwa` is no capability"), "{told:?}");
        assert_eq!(errors("global\n  setcap\n").len(), 1);
    }
}
