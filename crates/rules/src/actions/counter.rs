//! What the actions share that count in the entry of a stick counter.

use base::clock;
use sample::{Problem, Txn};
use state::table::{DataType, Gpc};

use super::args::{Number, action_word, in_parentheses, index, number, wrong};
use super::track_sc::with_tracked;
use crate::action::{Action, ActionCompile, Outcome};
use crate::words::Words;

/// A stick counter, and what is counted in its entry.
#[derive(Debug)]
struct Add {
    counter: u8,
    gpc: Gpc,
    amount: Number,
}

impl Action for Add {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let amount = self.amount.get(txn).map(|n| u64::try_from(n & 0xffff_ffff).unwrap_or(0));
        with_tracked(txn, self.counter, |tracked| match amount {
            Some(0) => tracked.touch(clock::now()),
            Some(amount) => {
                tracked.count_gpc(self.gpc, amount, clock::now());
            }
            None => {}
        });
        Outcome::Continue
    }
}

/// A stick counter, and which tag of its entry is set.
#[derive(Debug)]
struct Tag {
    counter: u8,
    data: DataType,
    index: usize,
    value: Number,
}

impl Action for Tag {
    fn run(&self, txn: &mut Txn) -> Outcome {
        if let Some(value) = self.value.get(txn) {
            // A table that does not store the tag ignores it.
            with_tracked(txn, self.counter, |tracked| {
                tracked.set(self.data, self.index, value & 0xffff_ffff, clock::now()).is_ok()
            });
        }
        Outcome::Continue
    }
}

/// `NAME` or `NAME(counter)`: the counter's number, 0 if left out.
fn counter_alone(words: &Words<'_>) -> Result<u8, Problem> {
    let word = action_word(words);
    match in_parentheses(words)?.as_deref() {
        None => Ok(0),
        Some([counter]) => counter_number(counter, word),
        Some(_) => Err(wrong(word, "one number stands in the parentheses: that of the stick counter")),
    }
}

/// `NAME(index,counter)`.
fn index_and_counter(words: &Words<'_>) -> Result<(usize, u8), Problem> {
    let word = action_word(words);
    match in_parentheses(words)?.as_deref() {
        Some([at, counter]) => Ok((index(at, "the element", word.span)?, counter_number(counter, word)?)),
        _ => Err(wrong(
            word,
            "two numbers stand in the parentheses: those of the element and of the stick counter",
        )),
    }
}

fn counter_number(text: &[u8], word: &syntax::Word) -> Result<u8, Problem> {
    let number = index(text, "a stick counter", word.span)?;
    u8::try_from(number).map_err(|_| wrong(word, "there are not so many stick counters"))
}

/// Adds 1 to a counter with a name of its own.
pub(super) fn increment_named(gpc: Gpc, words: &Words<'_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Add { counter: counter_alone(words)?, gpc, amount: Number::Fixed(1) }))
}

/// Adds 1 to an element of the array of counters.
pub(super) fn increment_element(words: &Words<'_>) -> Result<Box<dyn Action>, Problem> {
    let (at, counter) = index_and_counter(words)?;
    Ok(Box::new(Add { counter, gpc: Gpc::Element(at), amount: Number::Fixed(1) }))
}

/// Adds a number to an element of the array of counters.
pub(super) fn add_element(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let (at, counter) = index_and_counter(words)?;
    let amount = number(words, "the number to add", compile)?;
    Ok(Box::new(Add { counter, gpc: Gpc::Element(at), amount }))
}

/// Sets the tag with a name of its own.
pub(super) fn set_tag(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let counter = counter_alone(words)?;
    let value = number(words, "the value", compile)?;
    Ok(Box::new(Tag { counter, data: DataType::Gpt0, index: 0, value }))
}

/// Sets an element of the array of tags.
pub(super) fn set_tag_element(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let (index, counter) = index_and_counter(words)?;
    let value = number(words, "the value", compile)?;
    Ok(Box::new(Tag { counter, data: DataType::Gpt, index, value }))
}

#[cfg(test)]
mod tests {
    use super::super::track_sc::with_table;
    use super::*;
    use crate::action::Kinds;
    use crate::actions::testing::{run, try_compile};

    #[test]
    fn counts_in_what_is_tracked() {
        let (mut txn, _) = with_table("gpc(3),gpt(2)");
        run(Kinds::HTTP_REQUEST, "sc-inc-gpc0(1)", &mut txn);
        run(Kinds::HTTP_REQUEST, "track-sc1 src", &mut txn);
        for rule in [
            "sc-inc-gpc0(1)",
            "sc-inc-gpc1(1)",
            "sc-inc-gpc(1,1)",
            "sc-add-gpc(2,1) 5",
            "sc-add-gpc(2,1) src_port",
        ] {
            run(Kinds::HTTP_REQUEST, rule, &mut txn);
        }
        run(Kinds::HTTP_REQUEST, "sc-set-gpt0(1) 7", &mut txn);
        run(Kinds::HTTP_REQUEST, "sc-set-gpt(1,1) src_port", &mut txn);
        let read = |data, at| with_tracked(&txn, 1, |t| t.get(data, at, clock::now())).flatten();
        let gpc: Vec<_> = (0..3).map(|at| read(DataType::Gpc, at)).collect();
        assert_eq!(gpc, [Some(1), Some(2), Some(1239)]);
        assert_eq!((read(DataType::Gpt, 0), read(DataType::Gpt, 1)), (Some(7), Some(1234)));
    }

    #[test]
    fn parentheses_are_checked() {
        for wrong in [
            "sc-inc-gpc",
            "sc-inc-gpc(1)",
            "sc-inc-gpc0(a)",
            "sc-inc-gpc0(1,2)",
            "sc-inc-gpc0(1",
            "sc-add-gpc(0,0)",
            "sc-set-gpt0(0)",
            "sc-set-gpt(300,0) 1",
        ] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
    }
}
