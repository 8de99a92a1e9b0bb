//! Integers: single ones sorted, ranges in a list.

use super::index::Place;
use super::parse::Span;

/// Up to this many single integers a list is as fast.
const LIST_MAX: usize = 8;

/// Ranges of integers by place.
#[derive(Debug)]
pub(super) struct Numbers {
    spans: Vec<(Span, Place)>,
    singles: Vec<(i64, Place)>,
}

impl Numbers {
    pub(super) fn new(spans: &[Span]) -> Self {
        let many = spans.iter().filter(|span| span.min == span.max).count() > LIST_MAX;
        let mut numbers = Numbers { spans: Vec::new(), singles: Vec::new() };
        for (place, span) in (0..).zip(spans) {
            if many && span.min == span.max {
                numbers.singles.push((span.min, place));
            } else {
                numbers.spans.push((*span, place));
            }
        }
        numbers.singles.sort_unstable();
        numbers
    }

    /// The first pattern that `n` lies in.
    pub(super) fn find(&self, n: i64, alive: &impl Fn(Place) -> bool) -> Option<Place> {
        let from = self.singles.partition_point(|(single, _)| *single < n);
        let equal = self.singles[from..].iter().take_while(|(single, _)| *single == n);
        let single = equal.map(|(_, place)| *place).find(|place| alive(*place));
        let span = self.spans.iter().find(|(span, place)| span.contains(n) && alive(*place));
        match (single, span) {
            (Some(a), Some((_, b))) => Some(a.min(*b)),
            (a, b) => a.or(b.map(|(_, place)| *place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_in_order_wins() {
        let mut spans: Vec<Span> = (0..20).map(|n| Span { min: n, max: n }).collect();
        spans.insert(5, Span { min: 3, max: 9 });
        spans.push(Span { min: 4, max: 4 });
        let numbers = Numbers::new(&spans);
        assert_eq!(numbers.find(3, &|_| true), Some(3));
        assert_eq!(numbers.find(7, &|_| true), Some(5));
        assert_eq!(numbers.find(7, &|place| place != 5), Some(8));
        assert_eq!(numbers.find(4, &|place| place > 5), Some(21));
        assert_eq!(numbers.find(20, &|_| true), None);
    }
}
