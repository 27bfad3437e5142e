//! Durations as the API spells them: Go's form in whole hours, minutes and seconds, such as `5m` or `1h30m`.

use jiff::SignedDuration;

use super::desired::Invalid;

/// Reads a duration such as `90s`, `5m`, `1h30m`, `0s`.
///
/// # Errors
/// Names the field, and the form that is asked for.
pub fn parse(text: &str, field: &str) -> Result<SignedDuration, Invalid> {
    read(text).ok_or_else(|| Invalid {
        field: field.to_owned(),
        message: format!("{text:?} is not a duration such as 90s, 5m or 1h30m"),
    })
}

fn read(text: &str) -> Option<SignedDuration> {
    let (mut rest, mut seconds, mut largest) = (text, 0_i64, i64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit = match tail.chars().next()? {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        // Each unit once, the largest first.
        if unit >= largest {
            return None;
        }
        largest = unit;
        seconds = number.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(seconds)?;
        rest = tail.get(1..)?;
    }
    (!text.is_empty()).then(|| SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_kubernetes_users_write_them() {
        let seconds = |text| parse(text, "spec.interval").map(|duration| duration.as_secs());
        assert_eq!(seconds("5m"), Ok(300));
        assert_eq!(seconds("1h30m"), Ok(5400));
        assert_eq!(seconds("0s"), Ok(0));
        for wrong in [
            "",
            "5",
            "m",
            "5m5m",
            "5s1h",
            "-5m",
            "1.5h",
            "5d",
            "99999999999999999999h",
            "9223372036854775807h",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
