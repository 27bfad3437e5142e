//! Durations as Go writes them, in the spelling that admission takes: `90s`, `1h30m`, `1.5h`, `500ms`.

use std::time::Duration;

/// Reads a duration; `None` where it is none. Each number has a unit: h, m, s or ms.
pub fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        sum = sum.checked_add(part(number, unit)?)?;
        rest = after;
    }
    Some(sum)
}

/// One number of at most six digits before the point and three after it, in whole milliseconds.
fn part(number: &str, unit: &str) -> Option<Duration> {
    let (whole, thousandths) = match number.split_once('.') {
        None => (number, 0),
        Some((whole, fraction)) if (1..=3).contains(&fraction.len()) => {
            (whole, format!("{fraction:0<3}").parse::<u64>().ok()?)
        }
        Some(_) => return None,
    };
    let whole: u64 = whole.parse().ok().filter(|_| whole.len() <= 6)?;
    let milliseconds = match unit {
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1000,
        "ms" => 1,
        _ => return None,
    };
    Some(Duration::from_millis(whole * milliseconds + thousandths * milliseconds / 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_reads_them() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("2m0.25s", 120_250),
            ("500ms", 500),
        ] {
            assert_eq!(go_duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_or_another_one_is_no_duration() {
        for text in ["", "5", "5 m", "m", "1d", "-5m", "1.h", "1.0001h", "1234567s", "5m ", ".5h", "5minutes"]
        {
            assert_eq!(go_duration(text), None, "{text:?}");
        }
    }
}
