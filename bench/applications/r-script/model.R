model <- lm(dist ~ speed, data = cars)
saveRDS(model, "model.rds")
cat("slope", round(coef(model)[["speed"]], 2), "\n")
