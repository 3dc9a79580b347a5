"""Each method that GenAuth's documents describe: same input, same result, but safer."""
