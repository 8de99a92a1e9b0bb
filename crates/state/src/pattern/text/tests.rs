//! Each index against a look at every text.

use proptest::prelude::*;

use super::*;

fn boxed(texts: &[Vec<u8>]) -> Vec<Box<[u8]>> {
    texts.iter().map(|text| text.as_slice().into()).collect()
}

/// The place of the first text that `holds`, leaving out those that are gone.
fn first(texts: &[Vec<u8>], gone: &[usize], holds: impl Fn(&[u8]) -> bool) -> Option<Place> {
    let found = texts.iter().enumerate().find(|(i, text)| !gone.contains(i) && holds(text));
    found.map(|(i, _)| Place::try_from(i).unwrap())
}

fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(prop::sample::select(&b"ab/"[..]), 0..5), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn every_index_is_the_same_as_looking_at_all(
        texts in texts(),
        value in prop::collection::vec(prop::sample::select(&b"ab/"[..]), 0..8),
        gone in prop::collection::vec(0usize..20, 0..5),
    ) {
        let alive = |place: Place| !gone.contains(&(place as usize));
        let want = first(&texts, &gone, |text| text == value);
        prop_assert_eq!(Exact::new(boxed(&texts)).find(&value, &alive), want);
        let text_of = |place: Place| &*texts[index(place)];
        prop_assert_eq!(TextMap::new(texts.len(), text_of).find(&value, text_of, &alive), want);

        let contains = |text: &[u8]| text.is_empty() || value.windows(text.len()).any(|w| w == text);
        let want = first(&texts, &gone, contains);
        let parts = Parts::new(&boxed(&texts));
        prop_assert_eq!(parts.find::<false>(&value, &alive), want);
        prop_assert_eq!(parts.find::<true>(&value, &alive).is_some(), want.is_some());
    }
}

#[test]
fn ten_thousand_texts_and_their_duplicates() {
    let texts: Vec<Vec<u8>> =
        (0..10_000).map(|n| format!("host{}.example.com", n % 5_000).into_bytes()).collect();
    let exact = Exact::new(boxed(&texts));
    assert!(exact.map.is_some());
    assert_eq!(exact.find(b"host4999.example.com", &|_| true), Some(4_999));
    assert_eq!(exact.find(b"host4999.example.com", &|place| place != 4_999), Some(9_999));
    assert_eq!(exact.find(b"host5000.example.com", &|_| true), None);
}
